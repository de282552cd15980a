import { messages } from '../../resources/finding-messages.ts';
import { kinds, type VirtualService } from '../../resources/kinds.ts';
import type { FieldPath } from '../../resources/resource.ts';
import { type AnalysisFinding, onObject } from '../analysis-finding.ts';
import type { Analyzer } from '../analyzer.ts';
import { covers, type PrefixMatch, prefixMatch } from './match-cover.ts';

/** What Istio's validation says about rules that no request reaches; the rest of it is done when parsing. */
export const unreachableRules: Analyzer = {
  name: 'schema.ValidationAnalyzer.VirtualService',
  description: "Runs schema validation as an analyzer on 'VirtualService' resources",
  analyze: ({ resources }) =>
    resources.of(kinds.virtualService).flatMap((service) => {
      const { http = [], tcp = [], tls = [] } = service.spec;
      return [
        ...duplicates(service, 'http', http),
        ...coveredPrefixes(service),
        ...duplicates(service, 'tcp', tcp),
        ...duplicates(service, 'tls', tls),
      ];
    }),
};

interface Rule {
  readonly name?: string | undefined;
  readonly match?: readonly object[] | undefined;
}

/** Rules whose matches are all used before, and rules without a match that are not the last. */
function duplicates(service: VirtualService, field: string, rules: readonly Rule[]): AnalysisFinding[] {
  const found: AnalysisFinding[] = [];
  const seen = new Map<string, string>();
  let hasTakenAll = false;
  for (const [index, rule] of rules.entries()) {
    const ruleno = nameOf(rule, index);
    const path = ['spec', field, index];
    const unreachable = (reason: string): AnalysisFinding =>
      onObject(messages.VirtualServiceUnreachableRule, service, { ruleno, reason }, path);
    const matches = rule.match ?? [];
    if (matches.length === 0) {
      if (hasTakenAll) found.push(unreachable('only the last rule can have no matches'));
      hasTakenAll = true;
      continue;
    }
    let duplicated = 0;
    for (const [at, match] of matches.entries()) {
      const key = canonical(match);
      const dupno = seen.get(key);
      if (dupno === undefined) {
        seen.set(key, ruleno);
        continue;
      }
      duplicated++;
      found.push(ineffective(service, { ruleno, matchno: nameOf(match, at), dupno }, [...path, 'match', at]));
    }
    if (duplicated === matches.length) found.push(unreachable('all matches used by prior rules'));
  }
  return found;
}

interface Candidate {
  readonly match: PrefixMatch;
  readonly rule: string;
  readonly name: string;
  readonly path: FieldPath;
}

/** `/debug` before `/debugs`, all else being alike. */
function coveredPrefixes(service: VirtualService): AnalysisFinding[] {
  const candidates = prefixCandidates(service);
  return candidates.flatMap((earlier, index) =>
    candidates.slice(index + 1).flatMap((later) => {
      if (earlier.match.prefix === later.match.prefix || !covers(earlier.match, later.match)) return [];
      const matchno = `${later.name} of prefix ${later.match.prefix}`;
      const dupno = `${earlier.name} of prefix ${earlier.match.prefix} on ${earlier.rule}`;
      return [ineffective(service, { ruleno: later.rule, matchno, dupno }, later.path)];
    }),
  );
}

function prefixCandidates({ spec }: VirtualService): Candidate[] {
  const seen = new Set<string>();
  return (spec.http ?? []).flatMap((route, index) =>
    (route.match ?? []).flatMap((request, at): Candidate[] => {
      const key = canonical(request);
      const match = prefixMatch(request);
      if (match === undefined || seen.has(key)) return [];
      seen.add(key);
      const path = ['spec', 'http', index, 'match', at];
      return [{ match, rule: nameOf(route, index), name: nameOf(request, at), path }];
    }),
  );
}

function ineffective(
  service: VirtualService,
  args: { readonly ruleno: string; readonly matchno: string; readonly dupno: string },
  path: FieldPath,
): AnalysisFinding {
  return onObject(messages.VirtualServiceIneffectiveMatch, service, args, path);
}

/** Rules and matches of TCP and TLS have no names. */
function nameOf(part: object, index: number): string {
  const { name } = part as { readonly name?: string };
  return name ? JSON.stringify(name) : `#${index}`;
}

/** The same for matches that differ in nothing but their name and the order of their fields. */
function canonical(match: object): string {
  const { name: _, ...conditions } = match as { name?: string };
  return JSON.stringify(conditions, (_key, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}
