import * as z from 'zod';
import { defineKind } from '../kind.ts';
import { checkExportTo } from '../scalars/export-to.ts';
import { wildcardHostProblem } from '../scalars/hostname.ts';
import { labelsProblem } from '../scalars/label.ts';
import { labels, workloadSelector } from '../scalars/selector.ts';
import { checkSubsetName } from './destination.ts';
import { checkWorkloadSelector } from './policy-target.ts';
import { trafficPolicy } from './traffic-policy.ts';
import { checkTrafficPolicy } from './validate-traffic-policy.ts';

const subset = z.strictObject({
  name: z.string(),
  labels: labels.optional(),
  trafficPolicy: trafficPolicy.optional(),
});

export type Subset = z.output<typeof subset>;

export const destinationRule = defineKind({
  kind: 'DestinationRule',
  group: 'networking.istio.io',
  versions: ['v1', 'v1beta1', 'v1alpha3'],
  plural: 'destinationrules',
  namespaced: true,
  fields: 'strict',
  schema: z.strictObject({
    spec: z.strictObject({
      host: z.string(),
      trafficPolicy: trafficPolicy.optional(),
      subsets: z.array(subset).optional(),
      exportTo: z.array(z.string()).optional(),
      workloadSelector: workloadSelector.optional(),
    }),
  }),
  validate({ metadata, spec }, report) {
    const problem = wildcardHostProblem(spec.host);
    if (problem !== undefined) report.error(['spec', 'host'], problem);
    if (spec.trafficPolicy) checkTrafficPolicy(spec.trafficPolicy, ['spec', 'trafficPolicy'], report);
    const names = new Set<string>();
    for (const [index, entry] of (spec.subsets ?? []).entries()) {
      const path = ['spec', 'subsets', index];
      if (names.has(entry.name)) report.error([...path, 'name'], `duplicate subset names: ${entry.name}`);
      names.add(entry.name);
      checkSubsetName(entry.name, [...path, 'name'], report);
      const labelProblem = labelsProblem(entry.labels);
      if (labelProblem !== undefined) report.error([...path, 'labels'], labelProblem);
      if (entry.trafficPolicy) checkTrafficPolicy(entry.trafficPolicy, [...path, 'trafficPolicy'], report);
    }
    checkExportTo(spec.exportTo, metadata.namespace, report);
    if (spec.workloadSelector) {
      checkWorkloadSelector(spec.workloadSelector, ['spec', 'workloadSelector'], report);
      const isOwn = (spec.exportTo ?? ['.']).every((entry) => entry === '.' || entry === metadata.namespace);
      if (!isOwn) {
        report.error(
          ['spec', 'exportTo'],
          'destination rule with workload selector cannot have exportTo beyond current namespace',
        );
      }
    }
  },
});
