import type { ExplainView } from '../../control/console/wire.ts';
import type { ExplainNode } from '../../control/explain/node.ts';
import type { ExplainedOutcome } from '../../engine/explained-outcome.ts';
import { formatMs, formatShare } from '../format.ts';
import { serviceHref } from '../links.ts';
import { Code, Place } from '../parts/marks.tsx';

interface Step {
  readonly name: string;
  readonly stages: readonly string[];
}

/** Where a request passes, in this order. */
const STEPS: readonly Step[] = [
  { name: 'Server', stages: ['server'] },
  { name: 'Host', stages: ['host'] },
  { name: 'Tokens', stages: ['tokens'] },
  { name: 'Policies', stages: ['policies'] },
  { name: 'Routes', stages: ['routes'] },
  { name: 'Action', stages: ['weights', 'redirect', 'direct-response', 'fault', 'rewrite', 'timeout', 'upstream'] },
  { name: 'Sidecar', stages: ['destination-policies', 'sidecar'] },
];

type Look = 'passed' | 'refused' | 'skipped';

/** The path of the request, lit as far as it gets, with where it ends. */
export function ExplainPath({ explained }: { readonly explained: ExplainView }) {
  const looks = looksOf(explained.stages);
  return (
    <div class="verdict-box">
      <p class="verdict">
        <span class="verdict-request">
          {explained.request.method} {explained.request.url}
        </span>
        <span class="verdict-text">{explained.verdict}</span>
      </p>
      <ol class="path" aria-label="Where the request passes">
        {STEPS.map(({ name }, index) => (
          <li key={name} class={`path-step path-${looks[index]}`}>
            <span class="path-dot" aria-hidden="true" />
            {name}
            <span class="sr-only">: {looks[index]}</span>
          </li>
        ))}
      </ol>
      <ul class="outcomes-list" aria-label="How it can end">
        {explained.outcomes.map((outcome) => (
          <Outcome key={`${outcome.status} ${outcome.destination} ${outcome.details}`} outcome={outcome} />
        ))}
      </ul>
      <p class="verdict-version">as version {explained.version} serves it</p>
    </div>
  );
}

function Outcome({ outcome }: { readonly outcome: ExplainedOutcome }) {
  const { share, status, destination, path, location, delayMs, why, details, origin } = outcome;
  const [, port, subset, host = ''] = destination?.split('|') ?? [];
  return (
    <li>
      {share < 1 && <b class="outcome-share">{formatShare(share)}</b>}
      {destination === undefined ? (
        <>
          <Code code={status} /> {location ?? why ?? details}
        </>
      ) : (
        <>
          <a href={serviceHref(host)}>{host.split('.')[0]}</a> {subset} <span class="soft">port {port}</span>
          {path !== undefined && <code> {path}</code>}
        </>
      )}
      {delayMs !== undefined && delayMs > 0 && <span class="soft"> after {formatMs(delayMs)}</span>}{' '}
      {origin !== undefined && <Place origin={origin} />}
    </li>
  );
}

function looksOf(stages: readonly ExplainNode[]): Look[] {
  const marks = (node: ExplainNode): readonly string[] => [node.mark, ...(node.children ?? []).flatMap(marks)];
  let hasEnded = false;
  return STEPS.map(({ stages: names }) => {
    const own = stages.filter(({ stage }) => names.includes(stage));
    if (hasEnded || own.length === 0) return 'skipped';
    if (own.some((node) => node.mark === 'refused' || (node.stage === 'host' && node.mark === 'failed'))) {
      hasEnded = true;
      return 'refused';
    }
    if (own.some((node) => marks(node).includes('refused'))) {
      hasEnded = true;
      return 'refused';
    }
    return 'passed';
  });
}
