import { memo } from '../parts/memo.ts';
import type { GraphNode } from './gathered.ts';
import { NODE_HEIGHT, NODE_WIDTH, type Point } from './layout-types.ts';

interface Props {
  readonly node: GraphNode;
  readonly at: Point;
  readonly isSelected: boolean;
  readonly isFaint: boolean;
  readonly isPinned: boolean;
  onSelect(id: string): void;
  onMove(dx: number, dy: number): void;
  onDrag(event: PointerEvent): void;
  hasMoved(): boolean;
}

const KEYS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

const ICONS = {
  client: 'M0-6a4 4 0 1 1 0 8 4 4 0 0 1 0-8Zm-7 15c0-4 3-6 7-6s7 2 7 6',
  edge: 'M-8 3c0-4 3-6 6-5 1-3 6-3 7 1 3 0 4 4 1 6h-11c-2 0-3-1-3-2Z',
  gateway: 'M-8-7h16M-8 7h16M-6-7v14M6-7v14M0-7v14',
  service: 'M0-8 7-4v8L0 8-7 4v-8Z',
  workload: 'M-6-6h12v12H-6Z',
  unknown: 'M-3-4c0-4 7-4 7 0 0 3-4 2-4 6m0 4v.5',
} as const;

function NodeBoxView({ node, at, isSelected, isFaint, isPinned, onSelect, onMove, onDrag, hasMoved }: Props) {
  const classes = ['node', `node-${node.kind}`, isSelected && 'selected', isFaint && 'faint'].filter(Boolean).join(' ');
  return (
    // biome-ignore lint/a11y/useSemanticElements: a button cannot stand in a picture
    <g
      class={classes}
      transform={`translate(${at.x} ${at.y})`}
      role="button"
      // In SVG the names of attributes are told apart by case.
      tabindex={0}
      aria-label={nameOf(node, isPinned)}
      aria-pressed={isSelected}
      data-node={node.id}
      onPointerDown={onDrag}
      onClick={() => {
        if (!hasMoved()) onSelect(node.id);
      }}
      onKeyDown={(event) => {
        const move = KEYS[event.key];
        if (event.key === 'Enter' || event.key === ' ') onSelect(node.id);
        else if (event.shiftKey && move !== undefined) onMove(...move);
        else return;
        event.preventDefault();
      }}
    >
      <rect
        class="node-shape"
        x={-NODE_WIDTH / 2}
        y={-NODE_HEIGHT / 2}
        width={NODE_WIDTH}
        height={NODE_HEIGHT}
        rx={8}
      />
      <path class="node-icon" d={ICONS[node.kind]} transform={`translate(${-NODE_WIDTH / 2 + 22} 0)`} />
      <text class="node-label" x={-NODE_WIDTH / 2 + 42} y={-3}>
        {shorten(node.label, 19)}
      </text>
      <text class="node-detail" x={-NODE_WIDTH / 2 + 42} y={14}>
        {shorten(node.detail, 24)}
      </text>
      {node.mutualTls === 'STRICT' && (
        <path
          class="node-lock"
          d="M-5 0h10v7h-10ZM-3 0v-3a3 3 0 0 1 6 0v3"
          transform={`translate(${NODE_WIDTH / 2 - 16} -10)`}
        />
      )}
      {node.findings !== undefined && (
        <circle
          class={`node-trouble ${node.findings.toLowerCase()}`}
          cx={NODE_WIDTH / 2 - 4}
          cy={-NODE_HEIGHT / 2 + 4}
          r={6}
        />
      )}
      {isPinned && <circle class="node-pin" cx={-NODE_WIDTH / 2 + 4} cy={-NODE_HEIGHT / 2 + 4} r={4} />}
    </g>
  );
}

/** Rates change every two seconds; a box only when it is another one. */
export const NodeBox = memo(
  NodeBoxView,
  (a, b) =>
    a.at === b.at &&
    a.isSelected === b.isSelected &&
    a.isFaint === b.isFaint &&
    a.isPinned === b.isPinned &&
    a.node.label === b.node.label &&
    a.node.detail === b.node.detail &&
    a.node.mutualTls === b.node.mutualTls &&
    a.node.findings === b.node.findings,
);

function nameOf({ kind, label, detail, mutualTls, findings }: GraphNode, isPinned: boolean): string {
  const parts = [
    `${kind} ${label}`,
    detail,
    ...(mutualTls === 'STRICT' ? ['mutual TLS only'] : []),
    ...(findings === undefined ? [] : [`has ${findings.toLowerCase()}s`]),
    ...(isPinned ? ['pinned'] : []),
  ];
  return parts.join(', ');
}

function shorten(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}
