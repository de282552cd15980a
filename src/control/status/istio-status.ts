import type { Finding } from '../../resources/finding.ts';
import type { WrittenCondition } from './condition.ts';
import type { DesiredStatus, StatusTarget, ValidationMessage } from './desired-status.ts';

export interface Progress {
  /** The snapshot in which the object's generation was first published; undefined: in none yet. */
  readonly programmedIn: number | undefined;
  /** The oldest version that an edge serves now; undefined: no edge tells. */
  readonly servedVersion: number | undefined;
  readonly servingEdges: number;
}

/** Status of one of Istio's objects: whether it is understood, published, and served. */
export function istioStatus(
  target: StatusTarget,
  findings: readonly Finding[],
  isRefused: boolean,
  progress: Progress,
): DesiredStatus {
  const { generation: observedGeneration } = target;
  const conditions = [
    reconciled(findings, isRefused),
    programmed(isRefused, progress),
    ...served(isRefused, progress),
  ].map((condition) => ({ ...condition, observedGeneration }));
  return { target, content: { kind: 'istio', conditions, validationMessages: findings.map(validationMessage) } };
}

function reconciled(findings: readonly Finding[], isRefused: boolean): WrittenCondition {
  const type = 'Reconciled';
  const errors = findings.filter(({ level }) => level === 'Error');
  const [first] = errors;
  const message = findings.map(
    ({ code, message: text, fix }) => `${code}: ${text}${fix === undefined ? '' : ` ${fix}`}`,
  );
  if (isRefused || first !== undefined) {
    return { type, status: 'False', reason: isRefused ? 'Invalid' : 'Conflicted', message: message.join('\n') };
  }
  return {
    type,
    status: 'True',
    reason: findings.length === 0 ? 'Reconciled' : 'ReconciledWithFindings',
    message: message.join('\n'),
  };
}

function programmed(isRefused: boolean, { programmedIn }: Progress): WrittenCondition {
  const type = 'Programmed';
  if (isRefused) {
    return {
      type,
      status: 'False',
      reason: 'Invalid',
      message: 'the object is refused; what was published before it goes on',
    };
  }
  return programmedIn === undefined
    ? { type, status: 'Unknown', reason: 'Pending', message: 'waiting for the next snapshot' }
    : { type, status: 'True', reason: 'Programmed', message: `since snapshot ${programmedIn}` };
}

/** Only where an edge tells what it serves: without word from one, nothing is claimed. */
function served(isRefused: boolean, { programmedIn, servedVersion, servingEdges }: Progress): WrittenCondition[] {
  if (isRefused || programmedIn === undefined || servedVersion === undefined) return [];
  const isServed = servedVersion >= programmedIn;
  const edges = servingEdges === 1 ? '1 edge' : `${servingEdges} edges`;
  return [
    {
      type: 'Served',
      status: isServed ? 'True' : 'False',
      reason: isServed ? 'Served' : 'Propagating',
      message: isServed ? `by ${edges}` : `an edge is still on snapshot ${servedVersion}`,
    },
  ];
}

function validationMessage({ name, code, level }: Finding): ValidationMessage {
  const levels = { Error: 'ERROR', Warning: 'WARNING', Info: 'INFO' } as const;
  const page = `https://istio.io/latest/docs/reference/config/analysis/${code.toLowerCase()}/`;
  return { type: { name, code }, level: levels[level], documentationUrl: code.startsWith('IST') ? page : '' };
}
