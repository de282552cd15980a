import type { ConfigOrigin } from '../../../engine/values.ts';
import type { RequestDescription } from '../request.ts';
import type { Answer, Aspect } from './answer.ts';
import type { Side } from './side.ts';

export interface ChangedAnswer {
  readonly request: RequestDescription & { readonly claims?: object };
  readonly before: Answer;
  readonly after: Answer;
  readonly aspects: readonly Aspect[];
}

export interface Difference {
  readonly aspect: Aspect;
  readonly before: string;
  readonly after: string;
}

/** Requests whose answers changed in the same way and for the same reason. */
export interface ChangeGroup {
  /** `host shop.example.com is served now`, `shares`. */
  readonly cause: string;
  readonly hosts: readonly string[];
  readonly count: number;
  /** The plainest request that shows it. */
  readonly example: ChangedAnswer['request'];
  readonly before: { readonly summary: string; readonly origin?: ConfigOrigin };
  readonly after: { readonly summary: string; readonly origin?: ConfigOrigin };
  /** Of the example. */
  readonly differences: readonly Difference[];
}

/** Sorts changed answers by cause as they come in; of each only the plainest is kept. */
export class GroupedChanges {
  readonly #before: Side;
  readonly #after: Side;
  readonly #groups = new Map<string, { cause: string; count: number; hosts: Set<string>; example: ChangedAnswer }>();

  constructor(before: Side, after: Side) {
    this.#before = before;
    this.#after = after;
  }

  add(change: ChangedAnswer): void {
    const { cause, key } = causeOf(change);
    const host = change.after.domain ?? change.before.domain ?? '';
    const group = this.#groups.get(key);
    if (group === undefined) {
      this.#groups.set(key, { cause, count: 1, hosts: new Set([host]), example: change });
      return;
    }
    group.count++;
    group.hosts.add(host);
    if (plainness(change.request) < plainness(group.example.request)) group.example = change;
  }

  /** Those that concern most requests first. */
  groups(): ChangeGroup[] {
    return [...this.#groups.values()]
      .sort((a, b) => b.count - a.count)
      .map(({ cause, count, hosts, example }) => ({
        cause,
        hosts: [...hosts].filter((host) => host !== '').sort(),
        count,
        example: example.request,
        before: placed(example.before, this.#before),
        after: placed(example.after, this.#after),
        differences: example.aspects.map((aspect) => ({
          aspect,
          before: example.before.aspects[aspect],
          after: example.after.aspects[aspect],
        })),
      }));
  }
}

function causeOf({ before, after, aspects }: ChangedAnswer): { cause: string; key: string } {
  if (before.hasServer !== after.hasServer) {
    const cause = after.hasServer ? 'a server takes the port now' : 'no server takes the port any more';
    return { cause, key: cause };
  }
  if ((before.domain === undefined) !== (after.domain === undefined)) {
    const cause =
      before.domain === undefined
        ? `host ${after.domain} is served now`
        : `host ${before.domain} is not served any more`;
    return { cause, key: cause };
  }
  const cause = reasonOf(before, after, aspects);
  // A policy stands before all routes: whichever of them it keeps requests from, it is one change.
  const [was, is] = [before, after].map(({ origin, refusal }) => ({ key: originKey(origin), refusal }));
  if (is?.refusal === 'policy' && was?.refusal === undefined) return { cause, key: JSON.stringify([cause, is.key]) };
  if (was?.refusal === 'policy' && is?.refusal === undefined) return { cause, key: JSON.stringify([cause, was.key]) };
  return { cause, key: JSON.stringify([was?.key, is?.key, cause]) };
}

function reasonOf(before: Answer, after: Answer, aspects: readonly Aspect[]): string {
  if (before.refusal !== after.refusal) {
    if (after.refusal === 'no rule') return 'no rule takes it any more';
    if (before.refusal === 'no rule' && after.refusal === undefined) return 'a rule takes it now';
    if (after.refusal === 'policy') return 'refused by policy now';
    if (after.refusal === 'token') return 'refused for its token now';
    return before.refusal === 'token' ? 'its token is no longer refused' : 'no longer refused by policy';
  }
  if (originKey(before.origin) !== originKey(after.origin)) return 'another rule takes it';
  // What follows from another outcome is not worth naming beside it.
  const telling = aspects.includes('destination') || aspects.includes('status') ? aspects.slice(0, 2) : aspects;
  return telling.join(', ');
}

function originKey(origin: ConfigOrigin | undefined): string {
  if (origin === undefined) return '';
  const rule = (origin.path ?? '').replace(/\.match\[\d+\]$/, '');
  return `${origin.kind}/${origin.namespace}/${origin.name}/${rule}`;
}

function placed({ summary, origin }: Answer, side: Side): { summary: string; origin?: ConfigOrigin } {
  return origin === undefined ? { summary } : { summary, origin: side.locate(origin) };
}

/** The fewer headers and the shorter, the easier to see what it is about. */
function plainness({ method, url, headers, claims, peer }: ChangedAnswer['request']): number {
  const extras = Object.keys(headers ?? {}).length + (claims === undefined ? 0 : 2) + (peer === undefined ? 0 : 2);
  return extras * 1_000 + (method === 'GET' ? 0 : 500) + url.length;
}
