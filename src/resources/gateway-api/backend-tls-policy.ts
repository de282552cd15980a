import * as z from 'zod';
import { defineKind } from '../kind.ts';
import { gatewayHostnameProblem } from './hostname.ts';
import { GATEWAY_GROUP, localReference } from './references.ts';

export const backendTlsPolicy = defineKind({
  kind: 'BackendTLSPolicy',
  group: GATEWAY_GROUP,
  versions: ['v1', 'v1alpha3'],
  plural: 'backendtlspolicies',
  namespaced: true,
  fields: 'strict',
  schema: z.strictObject({
    spec: z.strictObject({
      targetRefs: z
        .array(localReference.extend({ sectionName: z.string().optional() }))
        .min(1)
        .max(16),
      validation: z.strictObject({
        caCertificateRefs: z.array(localReference).max(8).optional(),
        wellKnownCACertificates: z.enum(['System']).optional(),
        hostname: z.string().min(1).max(253),
        subjectAltNames: z
          .array(
            z.strictObject({
              type: z.enum(['Hostname', 'URI']),
              hostname: z.string().optional(),
              uri: z.string().optional(),
            }),
          )
          .max(5)
          .optional(),
      }),
      options: z.record(z.string(), z.string()).optional(),
    }),
  }),
  validate({ spec: { validation } }, report) {
    const path = ['spec', 'validation'];
    const { caCertificateRefs = [], wellKnownCACertificates, hostname, subjectAltNames = [] } = validation;
    if (caCertificateRefs.length > 0 && wellKnownCACertificates) {
      report.error(path, 'must not contain both CACertificateRefs and WellKnownCACertificates');
    }
    if (caCertificateRefs.length === 0 && !wellKnownCACertificates) {
      report.error(path, 'must specify either CACertificateRefs or WellKnownCACertificates');
    }
    const problem = gatewayHostnameProblem(hostname);
    if (problem !== undefined) report.error([...path, 'hostname'], problem);
    for (const [index, name] of subjectAltNames.entries()) {
      const [needed, other] = name.type === 'URI' ? (['uri', 'hostname'] as const) : (['hostname', 'uri'] as const);
      const at = [...path, 'subjectAltNames', index];
      if (!name[needed])
        report.error([...at, needed], `SubjectAltName element must contain ${needed}, if type is set to ${name.type}`);
      if (name[other])
        report.error(
          [...at, other],
          `SubjectAltName element must not contain ${other}, if type is set to ${name.type}`,
        );
    }
  },
});
