import * as z from 'zod';
import type { Report } from '../report.ts';
import type { FieldPath } from '../resource.ts';
import { labelKeyProblem } from '../scalars/label.ts';
import { uint32 } from '../scalars/numbers.ts';

/** LocalityLoadBalancerSetting, of a DestinationRule and of the mesh configuration. */
export const localityLbSetting = z.strictObject({
  distribute: z
    .array(z.strictObject({ from: z.string().optional(), to: z.record(z.string(), uint32).optional() }))
    .optional(),
  failover: z.array(z.strictObject({ from: z.string().optional(), to: z.string().optional() })).optional(),
  failoverPriority: z.array(z.string()).optional(),
  enabled: z.boolean().optional(),
});

export type LocalityLbSetting = z.output<typeof localityLbSetting>;

/** Istio's ValidateLocalityLbSetting. */
export function checkLocalityLb(
  setting: LocalityLbSetting,
  hasOutlierDetection: boolean,
  path: FieldPath,
  report: Report,
): void {
  const { distribute = [], failover = [], failoverPriority = [] } = setting;
  if (distribute.length > 0 && (failover.length > 0 || failoverPriority.length > 0)) {
    report.error([...path, 'distribute'], 'can not simultaneously specify distribute and failover or failoverPriority');
  }
  if (failover.length > 0 && failoverPriority.length > 0) {
    report.error([...path, 'failoverPriority'], 'can not simultaneously set failover and failoverPriority');
  }
  if ((failover.length > 0 || failoverPriority.length > 0) && !hasOutlierDetection) {
    report.warning(path, 'outlier detection policy must be provided for failover');
  }
  for (const [index, { from = '', to = {} }] of distribute.entries()) {
    checkDistribution(from, to, [...path, 'distribute', index], report);
  }
  for (const [index, { from = '', to = '' }] of failover.entries()) {
    const failoverPath = [...path, 'failover', index];
    if (from === to) report.error(failoverPath, `failover: from ${from} and to ${to} should not be the same region`);
    if (from.includes('*') || to.includes('*')) report.error(failoverPath, 'failover must not use wildcards');
    if (from.includes('/') || to.includes('/'))
      report.error(failoverPath, 'failover must name regions only, not zones');
  }
  for (const [index, priority] of failoverPriority.entries()) {
    const key = priority.split('=')[0] ?? '';
    const problem = labelKeyProblem(key);
    if (problem !== undefined) report.error([...path, 'failoverPriority', index], problem);
  }
}

function checkDistribution(from: string, to: Readonly<Record<string, number>>, path: FieldPath, report: Report): void {
  checkLocality(from, [...path, 'from'], report);
  let total = 0;
  for (const [locality, weight] of Object.entries(to)) {
    checkLocality(locality, [...path, 'to', locality], report);
    if (weight < 1 || weight > 100) {
      report.error([...path, 'to', locality], `locality weight must be in range [1, 100], got ${weight}`);
    }
    total += weight;
  }
  if (total !== 100) report.error([...path, 'to'], `total locality weight ${total} != 100`);
}

/** `region/zone/subzone`; a `*` only at the end. */
function checkLocality(locality: string, path: FieldPath, report: Report): void {
  const parts = locality.split('/');
  const wildcard = parts.findIndex((part) => part.includes('*'));
  const isWhole = wildcard === -1 || (parts[wildcard] === '*' && wildcard === parts.length - 1);
  if (parts.length > 3 || parts.some((part) => part === '') || !isWhole) {
    report.error(path, `locality "${locality}" must be region[/zone[/subzone]], with "*" only at the end`);
  }
}
