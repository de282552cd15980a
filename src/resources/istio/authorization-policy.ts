import * as z from 'zod';
import { defineKind } from '../kind.ts';
import { authorizationPolicySpec } from './authorization-policy-schema.ts';
import { validateAuthorizationPolicy } from './validate-authorization-policy.ts';

export const authorizationPolicy = defineKind({
  kind: 'AuthorizationPolicy',
  group: 'security.istio.io',
  versions: ['v1', 'v1beta1'],
  plural: 'authorizationpolicies',
  namespaced: true,
  fields: 'strict',
  // A policy without a spec is a legal way to allow nothing.
  schema: z.strictObject({ spec: authorizationPolicySpec.prefault({}) }),
  validate({ metadata, spec }, report) {
    validateAuthorizationPolicy(spec, metadata.annotations, report);
  },
});
