import { at, type ExplainNode, node } from './node.ts';
import { type StepOf, stepsOf, type Told } from './told.ts';

const ORDER = ['CUSTOM', 'AUDIT', 'DENY', 'ALLOW'] as const;
type Action = (typeof ORDER)[number];

/** The verdict of every token rule of the gateway. */
export function tokenSection(told: Told): ExplainNode[] {
  const steps = stepsOf(told, 'token').filter((step) => step.at === undefined);
  if (steps.length === 0) return [];
  const children = steps.map(tokenNode);
  const { details, destination, status, why, origin } = told.main.outcome;
  if (details.startsWith('jwt_authn_access_denied') && destination === undefined && !isFromSidecar(told)) {
    const text = `${status}: ${why ?? details}`;
    return [node('tokens', 'refused', text, { ...at(origin), children, actor: 'edge' })];
  }
  const verified = steps.find(({ verdict }) => verdict === 'verified');
  const text =
    verified === undefined
      ? 'no token: policies and rules see an anonymous request'
      : `the token is good: ${verified.principal ?? 'it names no issuer and subject'}`;
  return [node('tokens', 'held', text, { children, actor: 'edge' })];
}

export function tokenNode({ issuer, verdict, why, principal, origin }: StepOf<'token'>): ExplainNode {
  const rule = `issuer ${JSON.stringify(issuer)}`;
  switch (verdict) {
    case 'missing':
      return node('token', 'told', `${rule}: no token where this rule looks for one`, { origin });
    case 'failed':
      return node('token', 'failed', `${rule}: ${why ?? 'the token is refused'}`, { origin });
    case 'verified':
      return node('token', 'held', `${rule}: verified${principal === undefined ? '' : `, ${principal}`}`, { origin });
  }
}

/** Every rule of every policy of the gateway, by action, in evaluation order. */
export function policySection(told: Told): ExplainNode[] {
  const steps = stepsOf(told, 'policy').filter((step) => step.at === undefined);
  const { destination, details, why, origin } = told.main.outcome;
  const isDenied = details.startsWith('rbac_access_denied') && !isFromSidecar(told);
  const groups = ORDER.flatMap((action) => {
    const own = steps.filter((step) => step.action === action);
    return own.length === 0 ? [] : [actionNode(told, action, own)];
  });
  if (isDenied && destination === undefined) {
    const text = `refused: ${why ?? details}`;
    return [node('policies', 'refused', text, { ...at(origin), children: groups, actor: 'edge' })];
  }
  if (groups.length === 0) return [];
  return [node('policies', 'held', 'policies let it pass', { children: groups, actor: 'edge' })];
}

function actionNode(told: Told, action: Action, steps: readonly StepOf<'policy'>[]): ExplainNode {
  const children = steps.map((step) => policyNode(step));
  const enforced = steps.filter(({ dryRun }) => !dryRun);
  const hit = enforced.some(({ matched }) => matched);
  return node(action.toLowerCase(), 'told', `${action}: ${meaningOf(told, action, hit, enforced.length === 0)}`, {
    children,
  });
}

function meaningOf({ external }: Told, action: Action, hit: boolean, isWatchedOnly: boolean): string {
  if (isWatchedOnly) return 'in dry run: counted and logged only';
  switch (action) {
    case 'CUSTOM': {
      if (!hit) return 'no rule matches: no authorizer is asked';
      const asked = external.map(({ provider, verdict }) => `${provider} is asked (taken to say ${verdict} here)`);
      return asked.length === 0 ? 'a rule matches, but its provider is not configured' : asked.join(', ');
    }
    case 'AUDIT':
      return hit ? 'logged' : 'nothing to log';
    case 'DENY':
      return hit ? 'a rule matches, which refuses' : 'no rule matches';
    case 'ALLOW':
      return hit ? 'a rule matches, which lets it pass' : 'no rule matches: what no rule allows is refused';
  }
}

export function policyNode({
  policy,
  rule,
  matched,
  undecided,
  dryRun,
  clause,
  origin,
}: StepOf<'policy'>): ExplainNode {
  const verdict = matched ? 'matches' : undecided === true ? 'cannot be decided here' : 'does not match';
  const watched = dryRun ? ' (dry run)' : '';
  const text = `${policy} rule ${rule}${watched} ${verdict}: ${clause}`;
  return node('policy', matched ? 'held' : undecided === true ? 'told' : 'failed', text, { origin });
}

/** The edge gave the answer that every sidecar would have given. */
export function isFromSidecar(told: Told): boolean {
  const sidecars = stepsOf(told, 'sidecar');
  return (
    told.main.outcome.destination === undefined &&
    sidecars.length > 0 &&
    sidecars.every(({ verdict }) => verdict === 'deny')
  );
}
