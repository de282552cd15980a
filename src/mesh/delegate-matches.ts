import type { HttpMatchRequest } from '../resources/istio/virtual-service-schema.ts';
import type { HttpRuleMatch } from './http-rules.ts';
import type { StringMatch } from './string-match.ts';

/**
 * The conditions of a delegate's rule within its root's: every one of them must be consistent with at least one of
 * the root's, and is narrowed by each that it is consistent with.
 */
export function mergeMatches(
  root: readonly HttpRuleMatch[] | undefined,
  own: readonly HttpRuleMatch[] | undefined,
): readonly HttpRuleMatch[] | undefined | 'conflict' {
  if (root === undefined) return own;
  if (own === undefined) return root;
  const merged: HttpRuleMatch[] = [];
  for (const { match, path } of own) {
    const consistent = root.filter((outer) => !conflicts(outer.match, match));
    if (consistent.length === 0) return 'conflict';
    merged.push(...consistent.map((outer) => ({ match: narrow(outer.match, match), path })));
  }
  return merged;
}

/** `root-delegate`, or the one that is given. */
export function joinNames(root: string | undefined, own: string | undefined): string | undefined {
  return root && own ? `${root}-${own}` : own || root;
}

function narrow(root: HttpMatchRequest, own: HttpMatchRequest): HttpMatchRequest {
  const name = joinNames(root.name, own.name);
  return {
    ...root,
    ...own,
    ...(name === undefined ? {} : { name }),
    port: own.port || root.port,
    headers: { ...root.headers, ...own.headers },
    withoutHeaders: { ...root.withoutHeaders, ...own.withoutHeaders },
    queryParams: { ...root.queryParams, ...own.queryParams },
    sourceLabels: { ...root.sourceLabels, ...own.sourceLabels },
    gateways: own.gateways === undefined || own.gateways.length === 0 ? root.gateways : own.gateways,
  };
}

function conflicts(root: HttpMatchRequest, own: HttpMatchRequest): boolean {
  if ((root.ignoreUriCase ?? false) !== (own.ignoreUriCase ?? false)) return true;
  if (root.port && own.port && root.port !== own.port) return true;
  if (root.sourceNamespace && own.sourceNamespace && root.sourceNamespace !== own.sourceNamespace) return true;
  for (const [label, value] of Object.entries(own.sourceLabels ?? {})) {
    const outer = root.sourceLabels?.[label];
    if (outer !== undefined && outer !== value) return true;
  }
  if (root.gateways?.length && own.gateways?.some((gateway) => root.gateways?.includes(gateway) !== true)) return true;
  return (
    valuesConflict(root.uri, own.uri) ||
    valuesConflict(root.scheme, own.scheme) ||
    valuesConflict(root.method, own.method) ||
    valuesConflict(root.authority, own.authority) ||
    mapsConflict(root.headers, own.headers) ||
    mapsConflict(root.withoutHeaders, own.withoutHeaders) ||
    mapsConflict(root.queryParams, own.queryParams)
  );
}

type MatchMap = Readonly<Record<string, StringMatch>> | undefined;

function mapsConflict(root: MatchMap, own: MatchMap): boolean {
  return Object.entries(own ?? {}).some(([key, value]) => valuesConflict(root?.[key], value));
}

/** A delegate's value must lie within the root's: equal, or a longer prefix; a regex tolerates nothing beside it. */
function valuesConflict(root: StringMatch, own: StringMatch): boolean {
  if (!root || !own) return false;
  if (root.regex || own.regex) {
    return Boolean(root.regex ? own.regex || own.prefix || own.exact : root.prefix || root.exact);
  }
  if (root.exact) return own.exact !== root.exact;
  if (root.prefix) return !(own.exact || own.prefix || '').startsWith(root.prefix);
  return false;
}
