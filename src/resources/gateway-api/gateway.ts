import * as z from 'zod';
import { defineKind } from '../kind.ts';
import { isIpAddress } from '../scalars/ip.ts';
import { checkListeners, frontendValidation, listener, routeNamespaces } from './listener.ts';
import { GATEWAY_GROUP, localReference, secretReference } from './references.ts';

const frontendTls = z.strictObject({ validation: frontendValidation.optional() });

/** The Gateway of the Gateway API; Istio's own is another kind. */
export const k8sGateway = defineKind({
  kind: 'Gateway',
  group: GATEWAY_GROUP,
  versions: ['v1', 'v1beta1'],
  plural: 'gateways',
  namespaced: true,
  fields: 'strict',
  schema: z.strictObject({
    spec: z.strictObject({
      gatewayClassName: z.string().min(1).max(253),
      listeners: z.array(listener).min(1).max(64),
      addresses: z
        .array(z.strictObject({ type: z.string().default('IPAddress'), value: z.string().optional() }))
        .max(16)
        .optional(),
      infrastructure: z
        .strictObject({
          labels: z.record(z.string(), z.string()).optional(),
          annotations: z.record(z.string(), z.string()).optional(),
          parametersRef: localReference.optional(),
        })
        .optional(),
      allowedListeners: z
        .strictObject({
          namespaces: routeNamespaces
            .extend({ from: z.enum(['All', 'Selector', 'Same', 'None']).default('None') })
            .prefault({}),
        })
        .optional(),
      backendTLS: z.strictObject({ clientCertificateRef: secretReference.optional() }).optional(),
      tls: z
        .strictObject({
          backend: z.strictObject({ clientCertificateRef: secretReference.optional() }).optional(),
          frontend: z
            .strictObject({
              default: frontendTls,
              perPort: z
                .array(z.strictObject({ port: z.int().min(1).max(65535), tls: frontendTls }))
                .max(64)
                .optional(),
            })
            .optional(),
        })
        .optional(),
      defaultScope: z.enum(['All', 'None']).optional(),
    }),
  }),
  validate({ spec }, report) {
    checkListeners(spec.listeners, ['spec', 'listeners'], report);
    for (const [index, { type, value }] of (spec.addresses ?? []).entries()) {
      if (type === 'IPAddress' && value && !isIpAddress(value)) {
        report.error(['spec', 'addresses', index, 'value'], `"${value}" is not a valid IP address`);
      }
    }
  },
});
