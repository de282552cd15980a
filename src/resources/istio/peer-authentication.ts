import * as z from 'zod';
import { defineKind } from '../kind.ts';
import { workloadSelector } from '../scalars/selector.ts';
import { checkWorkloadSelector } from './policy-target.ts';

const mutualTls = z.strictObject({ mode: z.enum(['UNSET', 'DISABLE', 'PERMISSIVE', 'STRICT']).optional() });

export const peerAuthentication = defineKind({
  kind: 'PeerAuthentication',
  group: 'security.istio.io',
  versions: ['v1', 'v1beta1'],
  plural: 'peerauthentications',
  namespaced: true,
  fields: 'strict',
  schema: z.strictObject({
    spec: z
      .strictObject({
        selector: workloadSelector.optional(),
        mtls: mutualTls.optional(),
        /** By port of the workload, as text. */
        portLevelMtls: z.record(z.string(), mutualTls).optional(),
      })
      .prefault({}),
  }),
  validate({ spec }, report) {
    const path = ['spec', 'portLevelMtls'];
    const ports = spec.portLevelMtls && Object.keys(spec.portLevelMtls);
    if (ports?.length === 0) report.error(path, 'port level mTLS, if defined, must have at least one element');
    if (ports?.length && Object.keys(spec.selector?.matchLabels ?? {}).length === 0) {
      report.error(path, 'mesh/namespace peer authentication cannot have port level mTLS');
    }
    for (const port of ports ?? []) {
      const isPort = /^\d+$/.test(port) && Number(port) >= 1 && Number(port) <= 65535;
      if (!isPort) report.error([...path, port], 'port must be in range 1..65535');
    }
    if (spec.selector) checkWorkloadSelector(spec.selector, ['spec', 'selector'], report);
  },
});
