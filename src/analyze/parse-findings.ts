import type { Finding } from '../resources/finding.ts';
import { finding, messages } from '../resources/finding-messages.ts';
import type { Origin } from '../resources/origin.ts';
import type { AnalysisFinding } from './analysis-finding.ts';

/** Origin of an object: `group` is not in it, and need not be: no kind of Istio's is in two of its groups. */
export function objectKey({ kind, namespace, name }: Origin): string {
  return `${kind} ${namespace}/${name}`;
}

/** Old settings of which Istio's validation warns; of others it says nothing. */
const WARNED = /\.(?:mirrorPercent|mirror_percent|consecutiveErrors|minimumRingSize)$/;
/** It has an analyzer of its own. */
const DELAY_PERCENT = /\.fault\.delay\.percent$/;

/** What parsing has found, in istioctl's terms: its validation knows the object, not the field. */
export function fromParsing(
  found: Finding,
  startOf: (origin: Origin) => number | undefined,
  suppressedCodes: ReadonlyMap<string, string>,
): AnalysisFinding[] {
  const { origin } = found;
  const own = suppressedCodes.get(objectKey(origin));
  const more = { place: origin, ...(own === undefined ? {} : { suppressedCodes: own }) };
  if (!found.code.startsWith('IST')) return [{ ...found, ...more }];
  const line = startOf(origin);
  const { column: _, path = '', ...object } = origin;
  const whole = line === undefined ? object : { ...object, line };
  if (found.code !== messages.Deprecated.code) return [{ ...found, origin: whole, ...more }];
  if (DELAY_PERCENT.test(path)) return [];
  const detail = found.message.replace(/^Deprecated: /, '');
  return WARNED.test(path)
    ? [{ ...finding(messages.SchemaWarning, whole, { err: detail }), ...more }]
    : [{ ...finding(messages.OldSetting, origin, { detail }), ...more }];
}
