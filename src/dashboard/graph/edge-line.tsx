import type { FlowView } from '../../control/console/wire.ts';
import { formatMs, formatRate, formatShare } from '../format.ts';
import { memo } from '../parts/memo.ts';
import type { GraphEdge } from './gathered.ts';
import { NODE_WIDTH, type Point } from './layout-types.ts';

interface Props {
  readonly edge: GraphEdge;
  readonly from: Point;
  readonly to: Point;
  readonly isFaint: boolean;
  readonly hasLabel: boolean;
}

/** Drawn, not written: not every machine has a letter for it. */
const LOCK = 'M-4 0h8v6h-8ZM-2.5 0v-2.5a2.5 2.5 0 0 1 5 0v2.5';

/** Below this share a colour would cry wolf. */
const FEW_ERRORS = 0.01;
const MANY_ERRORS = 0.1;

function EdgeLineView({ edge: { flow, isLocked }, from, to, isFaint, hasLabel }: Props) {
  const isForward = to.x >= from.x;
  const start = { x: from.x + (isForward ? NODE_WIDTH / 2 : -NODE_WIDTH / 2), y: from.y };
  const end = { x: to.x + (isForward ? -NODE_WIDTH / 2 : NODE_WIDTH / 2), y: to.y };
  const bend = Math.max(40, Math.abs(end.x - start.x) / 2) * (isForward ? 1 : -1);
  const path = `M${start.x} ${start.y}C${start.x + bend} ${start.y} ${end.x - bend} ${end.y} ${end.x} ${end.y}`;
  const classes = ['link', flow === undefined ? 'idle' : healthOf(flow.errorShare), isFaint && 'faint'];
  // Nearer to the destination: lines that leave one node are apart there.
  const label = { x: start.x * 0.45 + end.x * 0.55, y: start.y * 0.4 + end.y * 0.6 };
  const width = flow === undefined ? 1.25 : Math.min(6, 1.5 + Math.log10(1 + flow.requestsPerSecond));
  const text = flow === undefined ? '' : labelOf(flow);
  return (
    // biome-ignore lint/a11y/noAriaHiddenOnFocusable: a line takes no focus; the table beside the picture tells it
    <g class={classes.filter(Boolean).join(' ')} aria-hidden="true">
      <path class="link-line" d={path} stroke-width={width} />
      <path
        class="link-head"
        d="M0 0-8-4v8Z"
        transform={`translate(${end.x} ${end.y})${isForward ? '' : ' scale(-1 1)'}`}
      />
      {flow !== undefined && flow.requestsPerSecond > 0 && hasLabel && (
        <g transform={`translate(${label.x} ${label.y})`}>
          {isLocked && <path class="link-lock" d={LOCK} transform={`translate(${-(text.length * 3.1 + 9)} -11)`} />}
          <text class="link-label" y={-5}>
            {text}
          </text>
          {flow.errorShare > 0 && (
            <text class="link-errors" y={11}>
              {formatShare(flow.errorShare)} errors
            </text>
          )}
        </g>
      )}
    </g>
  );
}

export const EdgeLine = memo(
  EdgeLineView,
  (a, b) =>
    a.from === b.from &&
    a.to === b.to &&
    a.isFaint === b.isFaint &&
    a.hasLabel === b.hasLabel &&
    a.edge.isLocked === b.edge.isLocked &&
    textOf(a.edge) === textOf(b.edge),
);

function labelOf({ requestsPerSecond, p95Ms }: FlowView): string {
  const rate = formatRate(requestsPerSecond);
  return p95Ms === undefined ? rate : `${rate} · ${formatMs(p95Ms)}`;
}

function healthOf(errorShare: number): 'well' | 'ill' | 'bad' {
  if (errorShare >= MANY_ERRORS) return 'bad';
  return errorShare >= FEW_ERRORS ? 'ill' : 'well';
}

function textOf({ flow }: GraphEdge): string {
  if (flow === undefined) return '';
  return `${formatRate(flow.requestsPerSecond)} ${formatMs(flow.p95Ms)} ${formatShare(flow.errorShare)}`;
}
