import { signal } from '@preact/signals';
import type { ServiceGraph } from './gathered.ts';
import type { LayoutAnswer, LayoutQuestion, Point } from './layout-types.ts';

const PINS_KEY = 'foresail-pins';

/** So few are found again at a glance; calls that are seen for the first time would else cross the picture. */
const FEW_NODES = 40;

/** Where nodes are drawn. */
export const positions = signal<ReadonlyMap<string, Point>>(new Map());
/** Moved by hand: they stay where they were put, in this tab. */
export const pins = signal<ReadonlyMap<string, Point>>(readPins());

let worker: Worker | undefined;
let question = 0;
let asked = '';

/** Asks for a layout when the structure is another one; what stands already stays. */
export function layOut({ nodes, edges }: ServiceGraph, mayMoveAll: boolean): void {
  const structure = JSON.stringify([nodes.map(({ id }) => id).sort(), edges.map(({ id }) => id).sort()]);
  if (structure === asked && !mayMoveAll) return;
  asked = structure;
  const known = positions.peek();
  const missing = nodes.filter(({ id }) => !known.has(id)).length;
  // Another namespace or level is another picture.
  const isFree = nodes.length <= FEW_NODES && pins.peek().size === 0;
  const isAnother = mayMoveAll || isFree || missing > nodes.length / 2;
  const kept = isAnother ? [] : nodes.flatMap(({ id }) => entryOf(id, known.get(id)));
  ask({
    id: ++question,
    nodes: nodes.map(({ id }) => id),
    edges: edges.map(({ from, to }) => [from, to] as const),
    kept,
  });
}

function ask(message: LayoutQuestion): void {
  if (worker === undefined) {
    const url = document.querySelector<HTMLMetaElement>('meta[name=layout-worker]')?.content ?? '';
    worker = new Worker(url, { type: 'module', name: 'layout' });
    worker.addEventListener('message', ({ data }: MessageEvent<LayoutAnswer>) => {
      // The answer to an older question is of another picture.
      if (data.id === question) positions.value = new Map([...data.positions, ...pins.peek()]);
    });
  }
  worker.postMessage(message);
}

export function pin(node: string, at: Point): void {
  pins.value = new Map([...pins.peek(), [node, at]]);
  positions.value = new Map([...positions.peek(), [node, at]]);
  sessionStorage.setItem(PINS_KEY, JSON.stringify([...pins.peek()]));
}

export function unpinAll(): void {
  pins.value = new Map();
  sessionStorage.removeItem(PINS_KEY);
}

function readPins(): ReadonlyMap<string, Point> {
  try {
    return new Map(JSON.parse(sessionStorage.getItem(PINS_KEY) ?? '[]'));
  } catch {
    return new Map();
  }
}

function entryOf(id: string, at: Point | undefined): (readonly [string, Point])[] {
  return at === undefined ? [] : [[id, at]];
}
