import type { HttpMatchRequest } from '../../resources/istio/virtual-service-schema.ts';
import type { StringMatch } from '../../resources/scalars/string-match.ts';

/** A match with a prefix, in the form in which Istio's validation compares them. */
export interface PrefixMatch {
  readonly prefix: string;
  readonly port: number;
  readonly method: string;
  readonly authority: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly queryParams: ReadonlyMap<string, string>;
  readonly withoutHeaders: ReadonlyMap<string, string>;
}

export function prefixMatch(match: HttpMatchRequest): PrefixMatch | undefined {
  const prefix = match.uri?.prefix ?? '';
  if (prefix === '') return undefined;
  return {
    prefix,
    port: match.port ?? 0,
    // Istio takes a match without a method for one of GET.
    method: text(match.method) || 'exact/GET',
    authority: text(match.authority),
    headers: texts(match.headers),
    queryParams: texts(match.queryParams),
    withoutHeaders: texts(match.withoutHeaders),
  };
}

/** Istio's coveredValidation: whether an earlier match takes all that a later one could. */
export function covers(earlier: PrefixMatch, later: PrefixMatch): boolean {
  return (
    later.prefix.startsWith(earlier.prefix) &&
    later.port === earlier.port &&
    earlier.method.startsWith(later.method) &&
    earlier.authority.startsWith(later.authority) &&
    areCovered(earlier.headers, later.headers) &&
    areCovered(earlier.queryParams, later.queryParams) &&
    areCovered(earlier.withoutHeaders, later.withoutHeaders)
  );
}

function areCovered(earlier: ReadonlyMap<string, string>, later: ReadonlyMap<string, string>): boolean {
  if (earlier.size !== later.size) return false;
  return [...earlier].every(([name, value]) => {
    const other = later.get(name);
    return other !== undefined && value.startsWith(other);
  });
}

function texts(matches: Readonly<Record<string, StringMatch | null>> = {}): ReadonlyMap<string, string> {
  return new Map(Object.entries(matches).map(([name, match]) => [name, text(match ?? undefined)]));
}

function text(match: StringMatch | undefined): string {
  if (match?.exact) return `exact/${match.exact}`;
  return match?.prefix ? `prefix/${match.prefix}` : '';
}
