import * as z from 'zod';
import { defineKind } from '../kind.ts';
import { workloadSelector } from '../scalars/selector.ts';
import { checkWorkloadSelector } from './policy-target.ts';

export const proxyConfig = defineKind({
  kind: 'ProxyConfig',
  group: 'networking.istio.io',
  versions: ['v1beta1'],
  plural: 'proxyconfigs',
  namespaced: true,
  fields: 'strict',
  schema: z.strictObject({
    spec: z
      .strictObject({
        selector: workloadSelector.optional(),
        /** 0 means a thread for every CPU. */
        concurrency: z.int().min(0).optional(),
        environmentVariables: z.record(z.string(), z.string()).optional(),
        image: z.strictObject({ imageType: z.string().optional() }).optional(),
      })
      .prefault({}),
  }),
  validate({ spec }, report) {
    if (spec.selector) checkWorkloadSelector(spec.selector, ['spec', 'selector'], report);
  },
});
