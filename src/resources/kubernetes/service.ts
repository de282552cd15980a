import * as z from 'zod';
import { defineKind } from '../kind.ts';
import { intOrString, portNumber } from '../scalars/numbers.ts';
import { labels } from '../scalars/selector.ts';

const servicePort = z.object({
  name: z.string().optional(),
  port: portNumber,
  targetPort: intOrString.optional(),
  nodePort: z.int().optional(),
  protocol: z.enum(['TCP', 'UDP', 'SCTP']).optional(),
  appProtocol: z.string().optional(),
});

export type ServicePort = z.output<typeof servicePort>;

export const service = defineKind({
  kind: 'Service',
  group: '',
  versions: ['v1'],
  plural: 'services',
  namespaced: true,
  fields: 'open',
  schema: z.object({
    spec: z
      .object({
        type: z.enum(['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName']).optional(),
        ports: z.array(servicePort).optional(),
        selector: labels.optional(),
        /** `None` makes the service headless. */
        clusterIP: z.string().optional(),
        clusterIPs: z.array(z.string()).optional(),
        externalIPs: z.array(z.string()).optional(),
        externalName: z.string().optional(),
        loadBalancerIP: z.string().optional(),
        publishNotReadyAddresses: z.boolean().optional(),
        internalTrafficPolicy: z.enum(['Cluster', 'Local']).optional(),
        externalTrafficPolicy: z.enum(['Cluster', 'Local']).optional(),
        trafficDistribution: z.string().optional(),
        sessionAffinity: z.enum(['None', 'ClientIP']).optional(),
        ipFamilies: z.array(z.enum(['IPv4', 'IPv6'])).optional(),
        ipFamilyPolicy: z.string().optional(),
      })
      .prefault({}),
    status: z
      .object({
        loadBalancer: z
          .object({
            ingress: z.array(z.object({ ip: z.string().optional(), hostname: z.string().optional() })).optional(),
          })
          .optional(),
      })
      .optional(),
  }),
  validate({ spec }, report) {
    const ports = spec.ports ?? [];
    if (spec.type === 'ExternalName' && !spec.externalName) {
      report.error(['spec', 'externalName'], 'spec.externalName: this field is required for type ExternalName');
    }
    const names = new Set<string>();
    for (const [index, { name = '' }] of ports.entries()) {
      const path = ['spec', 'ports', index];
      if (name === '' && ports.length > 1) report.error(path, 'every port needs a name when a service has several');
      if (name !== '' && names.has(name)) report.error([...path, 'name'], `duplicate port name "${name}"`);
      names.add(name);
    }
  },
});
