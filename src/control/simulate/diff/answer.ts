import type { CertainEnvironment } from '../../../engine/possible-decisions.ts';
import type { ServingConfig } from '../../../engine/serving.ts';
import type { ConfigOrigin } from '../../../engine/values.ts';
import { formatShare } from '../../explain/duration.ts';
import { HeaderList } from '../header-list.ts';
import { type PossibleOutcome, possibleOutcomes } from '../outcomes.ts';
import type { RequestDescription } from '../request.ts';
import { meaningOf } from './meaning.ts';

/** What of an answer can change, in the order in which it is told. */
export const ASPECTS = [
  'status',
  'destination',
  'shares',
  'path',
  'authority',
  'delay',
  'timeout',
  'retries',
  'mirrors',
  'request headers',
  'response headers',
  'body',
  'details',
  'external authorizer',
  'sidecars',
  'watched policies',
  'route name',
] as const;
export type Aspect = (typeof ASPECTS)[number];

export interface Answer {
  readonly aspects: Readonly<Record<Aspect, string>>;
  /** `70 % frontend v1, 30 % frontend v3`. */
  readonly summary: string;
  /** The rule or policy that decided. */
  readonly origin: ConfigOrigin | undefined;
  /** The served domain that took the request. */
  readonly domain: string | undefined;
  readonly hasServer: boolean;
  /** By whom it is refused: policies, token rules, or for want of a rule that takes it. */
  readonly refusal: 'policy' | 'token' | 'no rule' | undefined;
}

/** All that a caller or the service behind could notice. `seeded`: response headers that the service is taken to send. */
export async function answerOf(
  serving: ServingConfig,
  request: RequestDescription,
  env: CertainEnvironment,
  seeded: readonly string[],
): Promise<Answer> {
  const asked = new Set<string>();
  const listening: CertainEnvironment = {
    ...env,
    authorizeExternally(check) {
      asked.add(meaningOf(check.provider));
      return env.authorizeExternally(check);
    },
  };
  const outcomes = await possibleOutcomes(serving, request, listening, { isBrief: true });
  const ordered = outcomes.toSorted((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1));
  const [main] = outcomes;
  const each = (text: (one: PossibleOutcome) => unknown): string => {
    const texts = ordered.map((one) => shown(text(one)));
    return texts.every((one) => one === texts[0]) ? (texts[0] ?? '') : texts.join(' | ');
  };
  const aspects: Record<Aspect, string> = {
    status: each(({ outcome }) => (outcome.destination === undefined ? outcome.status : '')),
    destination: each(({ outcome }) => outcome.destination),
    shares: ordered.length < 2 ? '' : each(({ share }) => formatShare(share)),
    path: each(({ outcome }) => outcome.path ?? outcome.responseHeaders.get('location')),
    authority: each(({ outcome }) => outcome.authority),
    delay: each(({ outcome }) => (outcome.delayMs === 0 ? '' : `${outcome.delayMs} ms`)),
    timeout: each(({ outcome }) => (outcome.timeoutMs === 0 ? '' : `${outcome.timeoutMs} ms`)),
    retries: each(({ outcome }) => (outcome.decision.kind === 'forward' ? outcome.decision.retries : undefined)),
    mirrors: mirrorsOf(main),
    'request headers': each(({ outcome }) => headerText(outcome.requestHeaders)),
    'response headers': each((one) => headerText(responseHeaders(one, seeded))),
    body: each(({ outcome }) => outcome.body),
    details: each(({ outcome }) => (outcome.destination === undefined ? outcome.details : '')),
    'external authorizer': [...asked].sort().join(' '),
    sidecars: each(sidecarsOf),
    'watched policies': each(({ outcome }) => watchedOf(outcome.decision.observed)),
    'route name': each(({ outcome }) => outcome.decision.routeName),
  };
  const host = main?.steps.find((step) => step.stage === 'host');
  const server = main?.steps.find((step) => step.stage === 'server');
  return {
    aspects,
    summary: outcomes.map((one) => endOf(one, outcomes.length > 1)).join(', '),
    origin: originOf(main),
    domain: host?.stage === 'host' ? host.domain : undefined,
    hasServer: server?.stage === 'server' && server.table !== undefined,
    refusal: refusalOf(main),
  };
}

function refusalOf(main: PossibleOutcome | undefined): Answer['refusal'] {
  const { details = '', destination } = main?.outcome ?? {};
  if (destination !== undefined) return undefined;
  if (details.startsWith('rbac_access_denied')) return 'policy';
  if (details.startsWith('jwt_authn')) return 'token';
  return details === 'route_not_found' ? 'no rule' : undefined;
}

export function changedAspects(before: Answer, after: Answer): Aspect[] {
  return ASPECTS.filter((aspect) => before.aspects[aspect] !== after.aspects[aspect]);
}

function endOf({ share, outcome }: PossibleOutcome, withShare: boolean): string {
  const { status, destination, details, delayMs } = outcome;
  const prefix = withShare ? `${formatShare(share)} ` : '';
  const delay = delayMs === 0 ? '' : ` after ${delayMs} ms`;
  if (destination === undefined) return `${prefix}${status} ${details.replace(/\[none\]$/, '')}${delay}`;
  const [, port, subset, host] = destination.split('|');
  return `${prefix}${host}:${port}${subset ? ` subset ${subset}` : ''}${delay}`;
}

function orderOf({ outcome }: PossibleOutcome): string {
  return `${outcome.status}|${outcome.destination ?? ''}|${outcome.delayMs}|${outcome.details}`;
}

/** A refusal is the policy's doing, all else the route's. */
function originOf(main: PossibleOutcome | undefined): ConfigOrigin | undefined {
  const decision = main?.outcome.decision;
  if (decision?.kind === 'reply' && decision.origin?.kind !== main?.route?.origin.kind) return decision.origin;
  return main?.route?.origin ?? decision?.origin;
}

function mirrorsOf(main: PossibleOutcome | undefined): string {
  const action = main?.route?.action;
  if (action?.kind !== 'forward' || main?.outcome.destination === undefined) return '';
  return (action.mirrors ?? [])
    .map(({ cluster, partsPerMillion }) => `${formatShare(partsPerMillion / 1e6)} ${cluster}`)
    .join(', ');
}

function sidecarsOf({ steps, outcome }: PossibleOutcome): string {
  const verdicts = steps.flatMap((step) => (step.stage === 'sidecar' ? [`${step.verdict} ${step.rule}`] : []));
  return outcome.destination === undefined ? '' : verdicts.sort().join(', ');
}

function watchedOf(observed: PossibleOutcome['outcome']['decision']['observed']): string {
  return observed
    .filter(({ matched }) => matched)
    .map(({ action, rule }) => `${action} ${rule}`)
    .join(', ');
}

/** As if the service had sent some: what an operation removes or adds to would not show otherwise. */
function responseHeaders({ outcome }: PossibleOutcome, seeded: readonly string[]): Headers {
  if (outcome.decision.kind !== 'forward') return outcome.responseHeaders;
  const headers = new HeaderList(seeded.map((name) => [name, 'upstream'] as const));
  outcome.decision.mutateResponse?.(headers);
  return headers;
}

function headerText(headers: Headers | undefined): string {
  return headers === undefined ? '' : [...headers].map(([name, value]) => `${name}: ${value}`).join('; ');
}

function shown(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'object' ? meaningOf(value) : String(value);
}
