import * as z from 'zod';
import type { Report } from '../report.ts';
import type { FieldPath } from '../resource.ts';
import { type PolicyTargetReference, policyTargetReference, workloadSelector } from '../scalars/selector.ts';

/** What every policy kind may be attached by. */
export const policyTarget = {
  selector: workloadSelector.optional(),
  targetRef: policyTargetReference.optional(),
  targetRefs: z.array(policyTargetReference).max(16).optional(),
};

interface PolicyTarget {
  readonly selector?: z.output<typeof workloadSelector> | undefined;
  readonly targetRef?: PolicyTargetReference | undefined;
  readonly targetRefs?: readonly PolicyTargetReference[] | undefined;
}

/** Istio's validateOneOfSelectorType and the checks of each. */
export function checkPolicyTarget({ selector, targetRef, targetRefs = [] }: PolicyTarget, report: Report): void {
  const given = [selector, targetRef, targetRefs[0]].filter((one) => one !== undefined).length;
  if (given > 1) report.error(['spec'], 'only one of targetRefs or workloadSelector can be set');
  if (selector) checkWorkloadSelector(selector, ['spec', 'selector'], report);
  if (targetRef) checkTargetRef(targetRef, ['spec', 'targetRef'], report);
  for (const [index, reference] of targetRefs.entries())
    checkTargetRef(reference, ['spec', 'targetRefs', index], report);
}

export function checkWorkloadSelector(
  selector: { readonly matchLabels?: Readonly<Record<string, string>> | undefined },
  path: FieldPath,
  report: Report,
): void {
  checkSelectorLabels(selector.matchLabels ?? {}, [...path, 'matchLabels'], report);
  if (Object.keys(selector.matchLabels ?? {}).length === 0) {
    report.warning(path, 'workload selector specified without labels');
  }
}

export function checkSelectorLabels(labels: Readonly<Record<string, string>>, path: FieldPath, report: Report): void {
  for (const [key, value] of Object.entries(labels)) {
    if (key === '') report.error(path, `empty key is not supported in selector: "${key}=${value}"`);
    if (key.includes('*') || value.includes('*')) {
      report.error([...path, key], `wildcard is not supported in selector: "${key}=${value}"`);
    }
  }
}

const TARGETS = new Set([
  '/Service',
  'core/Service',
  'networking.istio.io/ServiceEntry',
  'gateway.networking.k8s.io/Gateway',
  'gateway.networking.k8s.io/GatewayClass',
]);

export function checkTargetRef(
  { group = '', kind, name, namespace }: PolicyTargetReference,
  path: FieldPath,
  report: Report,
): void {
  if (name === '') report.error([...path, 'name'], 'targetRef name must be set');
  if (namespace) {
    report.error(
      [...path, 'namespace'],
      'targetRef namespace must not be set; cross namespace referencing is not supported',
    );
  }
  if (!TARGETS.has(`${group}/${kind}`)) {
    report.error(
      [...path, 'kind'],
      `targetRef must be to one of Service, ServiceEntry, Gateway, GatewayClass but was ${group}/${kind}`,
    );
  }
}
