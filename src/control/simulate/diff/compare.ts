import type { ConfigOrigin } from '../../../engine/values.ts';
import { type Change, diffSnapshots } from '../../../snapshot/diff.ts';
import type { SnapshotInput } from '../../../snapshot/encode.ts';
import { createCaseTokens } from '../case-tokens.ts';
import { certainEnvironment } from '../environment.ts';
import type { RequestDescription } from '../request.ts';
import { answerOf, changedAspects } from './answer.ts';
import { collectProbes } from './collect-probes.ts';
import { type Draft, toRequest } from './draft.ts';
import { type ChangeGroup, GroupedChanges } from './group-changes.ts';
import { meaningOf } from './meaning.ts';
import { responseHeadersTouched } from './route-probes.ts';
import { type Side, servingOf, withProbeKeys } from './side.ts';

export interface BehaviourDiff {
  readonly groups: readonly ChangeGroup[];
  /** Requests that were decided by both sides. */
  readonly tried: number;
  /** Differences in the configuration that no request was found to show. */
  readonly unshown: readonly Change[];
  readonly isTruncated: boolean;
}

const MAX_PROBES = 60_000;
const NOTHING: BehaviourDiff = { groups: [], tried: 0, unshown: [], isTruncated: false };

/** What callers and services would notice of a change, each with a request that shows it. */
export async function compareBehaviour(before: Side, after: Side, nowMs: number): Promise<BehaviourDiff> {
  const changes = diffSnapshots(before.input, after.input);
  if (isSame(before.input, after.input)) return NOTHING;
  const tokens = await createCaseTokens();
  const [old, now] = [before, after].map(({ input }) => servingOf(withProbeKeys(input, tokens.jwks)));
  if (old === undefined || now === undefined) return NOTHING;
  const probes = unique([...collectProbes(after.input, before.input), ...collectProbes(before.input, after.input)]);
  const seeded = seededHeaders([before, after]);
  const env = certainEnvironment({ nowMs });
  const signed = new Map<string, Promise<string>>();
  const sign = (claims: Readonly<Record<string, unknown>>): Promise<string> => {
    const key = JSON.stringify(claims);
    const known = signed.get(key) ?? tokens.sign(claims);
    signed.set(key, known);
    return known;
  };
  const found = new GroupedChanges(before, after);
  for (const draft of probes.slice(0, MAX_PROBES)) {
    const request = await toRequest(draft, sign);
    const [was, is] = [await answerOf(old, request, env, seeded), await answerOf(now, request, env, seeded)];
    const aspects = changedAspects(was, is);
    if (aspects.length > 0) found.add({ request: shownRequest(request, draft), before: was, after: is, aspects });
  }
  const groups = found.groups();
  return {
    groups,
    tried: Math.min(probes.length, MAX_PROBES),
    unshown: changes.filter((change) => change.what !== 'cluster' && !isShown(change, groups)),
    isTruncated: probes.length > MAX_PROBES,
  };
}

function isSame(before: SnapshotInput, after: SnapshotInput): boolean {
  const isSameMap = (a: ReadonlyMap<string, unknown>, b: ReadonlyMap<string, unknown>): boolean =>
    a.size === b.size &&
    [...a].every(([name, value]) => value === b.get(name) || meaningOf(value) === meaningOf(b.get(name)));
  return (
    meaningOf(before.config) === meaningOf(after.config) &&
    isSameMap(before.domains, after.domains) &&
    isSameMap(before.clusters, after.clusters)
  );
}

/** A token is shown by its claims, never by itself. */
function shownRequest(request: RequestDescription, draft: Draft): RequestDescription & { claims?: object } {
  if (draft.claims === undefined) return request;
  const place = draft.tokenPlace.split(':')[1] ?? '';
  const headers = Object.fromEntries(
    Object.entries(request.headers ?? {}).filter(([name]) => name !== place && name !== 'cookie'),
  );
  return { ...request, url: request.url.replace(/eyJ[\w.-]+/, 'TOKEN'), headers, claims: draft.claims };
}

function isShown(change: Change, groups: readonly ChangeGroup[]): boolean {
  if (change.what === 'host') return groups.some(({ hosts }) => hosts.includes(change.name));
  const { origin } = change;
  if (change.what === 'settings') return groups.length > 0;
  if (origin === undefined) return false;
  return groups.some(
    ({ before, after }) =>
      isSameObject(before.origin, origin) ||
      isSameObject(after.origin, origin) ||
      (change.what === 'policy' && groups.length > 0 && namesPolicy(groups, origin)),
  );
}

function isSameObject(a: ConfigOrigin | undefined, b: ConfigOrigin): boolean {
  return a !== undefined && a.kind === b.kind && a.namespace === b.namespace && a.name === b.name;
}

/** A policy shows as a verdict of the sidecars, or as one that is only watched. */
function namesPolicy(groups: readonly ChangeGroup[], { namespace, name }: ConfigOrigin): boolean {
  const id = `ns[${namespace}]-policy[${name}]`;
  return groups.some(({ differences }) =>
    differences.some(({ before, after }) => before.includes(id) || after.includes(id)),
  );
}

function seededHeaders(sides: readonly Side[]): string[] {
  const names = new Set<string>();
  for (const { input } of sides) {
    for (const { virtualHosts } of input.domains.values()) {
      for (const { routes } of Object.values(virtualHosts)) {
        for (const route of routes) for (const name of responseHeadersTouched(route)) names.add(name);
      }
    }
  }
  return [...names];
}

function unique(drafts: readonly Draft[]): Draft[] {
  const byText = new Map<string, Draft>();
  for (const draft of drafts) {
    const key = JSON.stringify([draft, [...draft.query], [...draft.headers]]);
    if (!byText.has(key)) byText.set(key, draft);
  }
  return [...byText.values()];
}
