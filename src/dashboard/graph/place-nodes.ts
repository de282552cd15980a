import { Graph, layout } from '@dagrejs/dagre';
import { type LayoutQuestion, NODE_HEIGHT, NODE_WIDTH, type Point } from './layout-types.ts';

const GAP_X = 96;
const GAP_Y = 26;
/** Columns that are longer are folded into several. */
const MAX_COLUMN = 14;
/** Above this many nodes the best ranking costs more than it is worth: it is quadratic. */
const MAX_EXACT = 150;

/**
 * Positions from left to right in the order of calls. Nodes with a kept position have that one; those that are new are
 * put where they belong among them, and step aside where somebody is.
 */
export function placeNodes({ nodes, edges, kept }: Omit<LayoutQuestion, 'id'>): Map<string, Point> {
  const fresh = foldColumns(layered(nodes, edges), nodes);
  const positions = new Map(kept.filter(([node]) => fresh.has(node)));
  if (positions.size === 0) return fresh;
  const shift = meanShift(fresh, positions);
  const taken = new Set([...positions.values()].map(cellOf));
  for (const [node, { x, y }] of fresh) {
    if (positions.has(node)) continue;
    let at = { x: x + shift.x, y: y + shift.y };
    while (taken.has(cellOf(at))) at = { x: at.x, y: at.y + NODE_HEIGHT + GAP_Y };
    taken.add(cellOf(at));
    positions.set(node, at);
  }
  return positions;
}

function layered(nodes: readonly string[], edges: LayoutQuestion['edges']): Map<string, Point> {
  const graph = new Graph({ multigraph: false, compound: false });
  const ranker = nodes.length > MAX_EXACT ? 'longest-path' : 'network-simplex';
  graph.setGraph({ rankdir: 'LR', nodesep: GAP_Y, ranksep: GAP_X, ranker });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const node of nodes) graph.setNode(node, { width: NODE_WIDTH, height: NODE_HEIGHT });
  for (const [from, to] of edges) graph.setEdge(from, to);
  layout(graph);
  return new Map(
    nodes.map((node) => {
      const { x, y } = graph.node(node);
      return [node, { x: x ?? 0, y: y ?? 0 }];
    }),
  );
}

/** Hundreds of services behind one edge are one column: folded, they fit a screen again. */
function foldColumns(positions: ReadonlyMap<string, Point>, order: readonly string[]): Map<string, Point> {
  const columns = new Map<number, string[]>();
  for (const node of order) {
    const { x = 0 } = positions.get(node) ?? {};
    columns.set(x, [...(columns.get(x) ?? []), node]);
  }
  const folded = new Map<string, Point>();
  const sorted = [...columns].sort(([a], [b]) => a - b);
  const isLong = sorted.some(([, column]) => column.length > MAX_COLUMN);
  let left = 0;
  for (const [x, column] of sorted) {
    if (!isLong) {
      for (const node of column) folded.set(node, positions.get(node) ?? { x, y: 0 });
      continue;
    }
    const byHeight = column.toSorted((a, b) => (positions.get(a)?.y ?? 0) - (positions.get(b)?.y ?? 0));
    const rows = Math.max(Math.min(MAX_COLUMN, column.length), Math.ceil(Math.sqrt(column.length * 2)));
    for (const [index, node] of byHeight.entries()) {
      const fold = Math.floor(index / rows);
      const inFold = Math.min(rows, column.length - fold * rows);
      folded.set(node, {
        x: left + fold * (NODE_WIDTH + GAP_X / 3),
        y: ((index % rows) - (inFold - 1) / 2) * (NODE_HEIGHT + GAP_Y),
      });
    }
    left += Math.ceil(column.length / rows) * (NODE_WIDTH + GAP_X / 3) + GAP_X;
  }
  return folded;
}

function meanShift(fresh: ReadonlyMap<string, Point>, kept: ReadonlyMap<string, Point>): Point {
  let x = 0;
  let y = 0;
  for (const [node, at] of kept) {
    const now = fresh.get(node) ?? at;
    x += at.x - now.x;
    y += at.y - now.y;
  }
  return { x: x / kept.size, y: y / kept.size };
}

function cellOf({ x, y }: Point): string {
  return `${Math.round(x / NODE_WIDTH)} ${Math.round(y / (NODE_HEIGHT + GAP_Y))}`;
}
