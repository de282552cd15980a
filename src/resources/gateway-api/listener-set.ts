import * as z from 'zod';
import { defineKind } from '../kind.ts';
import { checkListeners, listener } from './listener.ts';
import { GATEWAY_GROUP } from './references.ts';

const spec = z.strictObject({
  parentRef: z.strictObject({
    group: z.string().default(GATEWAY_GROUP),
    kind: z.string().default('Gateway'),
    namespace: z.string().optional(),
    name: z.string().min(1),
  }),
  listeners: z.array(listener).min(1).max(64),
});

export const listenerSet = defineKind({
  kind: 'ListenerSet',
  group: GATEWAY_GROUP,
  versions: ['v1'],
  plural: 'listenersets',
  namespaced: true,
  fields: 'strict',
  schema: z.strictObject({ spec }),
  validate(resource, report) {
    checkListeners(resource.spec.listeners, ['spec', 'listeners'], report);
  },
});

/** The experimental form, before the kind moved into the main group. */
export const xListenerSet = defineKind({
  kind: 'XListenerSet',
  group: 'gateway.networking.x-k8s.io',
  versions: ['v1alpha1'],
  plural: 'xlistenersets',
  namespaced: true,
  fields: 'strict',
  schema: z.strictObject({ spec }),
  validate(resource, report) {
    checkListeners(resource.spec.listeners, ['spec', 'listeners'], report);
  },
});
