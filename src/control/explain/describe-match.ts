import type { RouteMatchConfig } from '../../engine/config.ts';
import { describeStringMatcher } from '../../engine/string-match.ts';

/** The conditions of a rule in words, in the order in which the engine tests them. */
export function describeMatch(match: RouteMatchConfig): string[] {
  const conditions: string[] = [];
  if (match.path !== undefined) conditions.push(`path ${describePath(match.path)}`);
  for (const name of ['method', 'authority', 'scheme'] as const) {
    const matcher = match[name];
    if (matcher !== undefined) conditions.push(`${name} ${describeStringMatcher(matcher)}`);
  }
  for (const { name, match: matcher, invert } of match.headers ?? []) {
    conditions.push(`header ${name} ${invert === true ? 'not ' : ''}${describeStringMatcher(matcher)}`);
  }
  for (const { name, match: matcher } of match.query ?? []) {
    conditions.push(`query parameter ${name} ${describeStringMatcher(matcher)}`);
  }
  for (const { claim, match: matcher, invert } of match.claims ?? []) {
    conditions.push(`claim ${claim.join('.')} ${invert === true ? 'not ' : ''}${describeStringMatcher(matcher)}`);
  }
  return conditions;
}

function describePath(path: NonNullable<RouteMatchConfig['path']>): string {
  if ('segmentPrefix' in path) return path.segmentPrefix === '' ? '"/*"' : `"${path.segmentPrefix}" or below`;
  const described = describeStringMatcher(path);
  return 'ignoreCase' in path && path.ignoreCase === true ? `${described} in any case` : described;
}
