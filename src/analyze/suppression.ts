import { describeOrigin } from '../resources/origin.ts';
import type { AnalysisFinding } from './analysis-finding.ts';

/** `--suppress "IST0102=Namespace frod"`: a code, and the objects for which it is not told. */
export interface Suppression {
  readonly code: string;
  readonly object: string;
}

/** Undefined when the text is not `<code>=<object>`. */
export function parseSuppression(text: string): Suppression | undefined {
  const [code = '', object, ...rest] = text.split('=');
  return object === undefined || rest.length > 0 ? undefined : { code, object };
}

export function isSuppressed(finding: AnalysisFinding, suppressions: readonly Suppression[]): boolean {
  const own = (finding.suppressedCodes ?? '').split(',').map((code) => code.trim());
  if (own.includes('*') || own.includes(finding.code)) return true;
  return suppressions.some(
    ({ code, object }) => code === finding.code && namesOf(finding).some((name) => globMatches(object, name)),
  );
}

/** `Kind ns/name`, and `Kind name.ns` as older releases of istioctl had it. */
function namesOf({ origin }: AnalysisFinding): string[] {
  const { kind, namespace, name } = origin;
  return namespace === '' ? [describeOrigin(origin)] : [describeOrigin(origin), `${kind} ${name}.${namespace}`];
}

/** `*` stands for any text, also across `/`. */
export function globMatches(pattern: string, text: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return pattern === text;
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length) return false;
  let at = first.length;
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return at <= text.length - last.length;
}
