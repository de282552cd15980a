import * as z from 'zod';
import { defineKind } from '../kind.ts';
import { labelSelectorOpen } from './label-selector.ts';

const webhook = z.object({
  name: z.string(),
  clientConfig: z
    .object({
      url: z.string().optional(),
      caBundle: z.string().optional(),
      service: z
        .object({ name: z.string(), namespace: z.string(), path: z.string().optional(), port: z.int().optional() })
        .optional(),
    })
    .prefault({}),
  failurePolicy: z.string().optional(),
  namespaceSelector: labelSelectorOpen.optional(),
  objectSelector: labelSelectorOpen.optional(),
});

export type Webhook = z.output<typeof webhook>;

const schema = z.object({ webhooks: z.array(webhook).prefault([]) });
const admission = {
  group: 'admissionregistration.k8s.io',
  versions: ['v1'],
  namespaced: false,
  fields: 'open',
  schema,
} as const;

export const mutatingWebhookConfiguration = defineKind({
  kind: 'MutatingWebhookConfiguration',
  plural: 'mutatingwebhookconfigurations',
  ...admission,
});

export const validatingWebhookConfiguration = defineKind({
  kind: 'ValidatingWebhookConfiguration',
  plural: 'validatingwebhookconfigurations',
  ...admission,
});
