import type { Finding } from '../resources/finding.ts';
import { finding, messages } from '../resources/finding-messages.ts';
import type { Origin } from '../resources/origin.ts';
import type { AnalysisFinding } from './analysis-finding.ts';

/** Origin of an object: `group` is not in it, and need not be: no kind of Istio's is in two of its groups. */
export function objectKey({ kind, namespace, name }: Origin): string {
  return `${kind} ${namespace}/${name}`;
}

/**
 * What parsing has found, in istioctl's terms: its validation knows the object, not the field, and tells of deprecated
 * settings as warnings. `fault.delay.percent` has an analyzer of its own.
 */
export function fromParsing(
  found: Finding,
  startOf: (origin: Origin) => number | undefined,
  suppressedCodes: ReadonlyMap<string, string>,
): AnalysisFinding[] {
  const { origin } = found;
  if (isDelayPercent(found)) return [];
  const own = suppressedCodes.get(objectKey(origin));
  const suppressed = own === undefined ? {} : { suppressedCodes: own };
  if (!found.code.startsWith('IST')) return [{ ...found, place: origin, ...suppressed }];
  const line = startOf(origin);
  const { column: _, path: _path, ...object } = origin;
  const whole = line === undefined ? object : { ...object, line };
  const told =
    found.code === messages.Deprecated.code
      ? finding(messages.SchemaWarning, whole, { err: found.message.replace(/^Deprecated: /, '') })
      : { ...found, origin: whole };
  return [{ ...told, place: origin, ...suppressed }];
}

function isDelayPercent({ code, origin }: Finding): boolean {
  return code === messages.Deprecated.code && /\.fault\.delay\.percent$/.test(origin.path ?? '');
}
