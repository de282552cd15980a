import * as z from 'zod';
import { defineKind } from '../kind.ts';
import { labelSelectorOpen } from './label-selector.ts';
import { podTemplate } from './pod-spec.ts';

/** What all long-running workloads have in common; injection and the analyzers read no more. */
const scaledSpec = z.object({
  replicas: z.int().optional(),
  selector: labelSelectorOpen.optional(),
  template: podTemplate.optional(),
});
const schema = z.object({ spec: scaledSpec.prefault({}) });

const apps = { group: 'apps', versions: ['v1'], namespaced: true, fields: 'open', schema } as const;

export const deployment = defineKind({ kind: 'Deployment', plural: 'deployments', ...apps });
export const statefulSet = defineKind({ kind: 'StatefulSet', plural: 'statefulsets', ...apps });
export const daemonSet = defineKind({ kind: 'DaemonSet', plural: 'daemonsets', ...apps });
export const replicaSet = defineKind({ kind: 'ReplicaSet', plural: 'replicasets', ...apps });

const batch = { group: 'batch', versions: ['v1'], namespaced: true, fields: 'open' } as const;

export const job = defineKind({ kind: 'Job', plural: 'jobs', ...batch, schema });

export const cronJob = defineKind({
  kind: 'CronJob',
  plural: 'cronjobs',
  ...batch,
  schema: z.object({
    spec: z.object({ jobTemplate: z.object({ spec: scaledSpec.optional() }).optional() }).prefault({}),
  }),
});
