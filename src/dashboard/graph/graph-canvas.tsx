import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { EdgeLine } from './edge-line.tsx';
import type { GraphEdge, ServiceGraph } from './gathered.ts';
import type { Point } from './layout-types.ts';
import { NodeBox } from './node-box.tsx';
import { layOut, pin, pins, positions, unpinAll } from './positions.ts';
import { crosses, fitAll, isInside, pan, type Size, type Viewport, visibleBox, zoomAround } from './viewport.ts';

interface Props {
  readonly graph: ServiceGraph;
  readonly selected: string | undefined;
  onSelect(id: string | undefined): void;
}

const ZOOM_STEP = 1.25;
const MOVE_STEP = 20;
/** So many lines are told of only where somebody asks. */
const MANY_EDGES = 120;
/** Below this nobody can read a label. */
const LABEL_ZOOM = 0.45;

/** The picture: only what is in sight is drawn. Wheel and drag with a mouse, arrows, plus and minus with keys. */
export function GraphCanvas({ graph, selected, onSelect }: Props) {
  const frame = useRef<HTMLDivElement>(null);
  const size = useSize(frame);
  const [viewport, setViewport] = useState<Viewport | undefined>(undefined);
  const placed = positions.value;
  const drag = useDrag(setViewport);

  useEffect(() => layOut(graph, false), [graph]);
  const isPlaced = graph.nodes.some(({ id }) => placed.has(id));
  const own = useMemo(
    () => graph.nodes.flatMap(({ id }) => (placed.has(id) ? [placed.get(id) as Point] : [])),
    [graph.nodes, placed],
  );
  const fitted = useMemo(() => fitAll(own, size), [own, size]);
  const view = viewport ?? fitted;
  const box = visibleBox(view, size);
  // A box that was not drawn again since still has to know.
  const zoom = useRef(view.zoom);
  zoom.current = view.zoom;
  const zoomNow = (): number => zoom.current;
  const isDense = graph.edges.length > MANY_EDGES;
  const near = selected === undefined ? undefined : neighboursOf(graph.edges, selected);

  useWheel(frame, (event) => {
    const { left, top } = frame.current?.getBoundingClientRect() ?? { left: 0, top: 0 };
    const at = { x: event.clientX - left, y: event.clientY - top };
    setViewport((before) => zoomAround(before ?? view, at, Math.exp(-event.deltaY / 400)));
  });
  const middle = { x: size.width / 2, y: size.height / 2 };
  const zoomBy = (factor: number): void => setViewport(zoomAround(view, middle, factor));

  return (
    <div class="graph" ref={frame}>
      {/* biome-ignore lint/a11y/useSemanticElements: a picture is no fieldset */}
      <svg
        class={['graph-svg', drag.isDragging && 'dragging', isDense && 'dense'].filter(Boolean).join(' ')}
        width={size.width}
        height={size.height}
        role="group"
        aria-label="Service graph. Tab goes from node to node; the same as a table is below."
        onPointerDown={(event) => drag.start(event, view)}
        onKeyDown={(event) => {
          if (event.key === 'Escape') onSelect(undefined);
        }}
        onClick={(event) => {
          if (event.target === event.currentTarget && !drag.hasMoved()) onSelect(undefined);
        }}
      >
        <title>Service graph</title>
        <g transform={`scale(${view.zoom}) translate(${-view.x} ${-view.y})`}>
          {graph.edges.map((edge) => {
            const [from, to] = [placed.get(edge.from), placed.get(edge.to)];
            if (from === undefined || to === undefined || !crosses(box, from, to)) return null;
            const isFaint = near !== undefined && edge.from !== selected && edge.to !== selected;
            return (
              <EdgeLine
                key={edge.id}
                edge={edge}
                from={from}
                to={to}
                isFaint={isFaint}
                hasLabel={view.zoom >= LABEL_ZOOM && (!isDense || edge.from === selected || edge.to === selected)}
              />
            );
          })}
          {graph.nodes.map((node) => {
            const at = placed.get(node.id);
            if (at === undefined || (!isInside(box, at) && node.id !== selected)) return null;
            return (
              <NodeBox
                key={node.id}
                node={node}
                at={at}
                isSelected={node.id === selected}
                isFaint={near !== undefined && !near.has(node.id)}
                isPinned={pins.value.has(node.id)}
                onSelect={onSelect}
                onMove={(dx, dy) => pin(node.id, { x: at.x + dx * MOVE_STEP, y: at.y + dy * MOVE_STEP })}
                onDrag={(event) => drag.startNode(event, node.id, at, zoomNow)}
                hasMoved={drag.hasMoved}
              />
            );
          })}
        </g>
      </svg>
      {!isPlaced && <p class="graph-wait">Laying out …</p>}
      <div class="graph-tools" role="toolbar" aria-label="Picture">
        <button type="button" onClick={() => zoomBy(ZOOM_STEP)} aria-label="Larger">
          +
        </button>
        <button type="button" onClick={() => zoomBy(1 / ZOOM_STEP)} aria-label="Smaller">
          −
        </button>
        <button type="button" onClick={() => setViewport(undefined)}>
          Fit
        </button>
        <button
          type="button"
          onClick={() => {
            unpinAll();
            layOut(graph, true);
            setViewport(undefined);
          }}
        >
          Arrange
        </button>
      </div>
    </div>
  );
}

function neighboursOf(edges: readonly GraphEdge[], id: string): ReadonlySet<string> {
  return new Set([id, ...edges.flatMap(({ from, to }) => (from === id ? [to] : to === id ? [from] : []))]);
}

function useSize(frame: { readonly current: HTMLDivElement | null }): Size {
  const [size, setSize] = useState<Size>({ width: 0, height: 0 });
  useLayoutEffect(() => {
    const element = frame.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => setSize({ width: element.clientWidth, height: element.clientHeight }));
    observer.observe(element);
    return () => observer.disconnect();
  }, [frame]);
  return size;
}

/** Not by an attribute: a wheel that zooms must not scroll the page, which a passive listener cannot prevent. */
function useWheel(frame: { readonly current: HTMLDivElement | null }, act: (event: WheelEvent) => void): void {
  const latest = useRef(act);
  latest.current = act;
  useEffect(() => {
    const element = frame.current;
    const listen = (event: WheelEvent): void => {
      event.preventDefault();
      latest.current(event);
    };
    element?.addEventListener('wheel', listen, { passive: false });
    return () => element?.removeEventListener('wheel', listen);
  }, [frame]);
}

interface Drag {
  readonly isDragging: boolean;
  start(event: PointerEvent, from: Viewport): void;
  startNode(event: PointerEvent, node: string, at: Point, zoom: () => number): void;
  /** A click that ends a drag is none. */
  hasMoved(): boolean;
}

function useDrag(setViewport: (viewport: Viewport) => void): Drag {
  const [isDragging, setDragging] = useState(false);
  const moved = useRef(false);
  const follow = (event: PointerEvent, move: (dx: number, dy: number) => void): void => {
    if (event.button !== 0) return;
    moved.current = false;
    const [startX, startY] = [event.clientX, event.clientY];
    const listen = (next: PointerEvent): void => {
      const [dx, dy] = [next.clientX - startX, next.clientY - startY];
      if (Math.abs(dx) + Math.abs(dy) < 4 && !moved.current) return;
      moved.current = true;
      setDragging(true);
      move(dx, dy);
    };
    const end = (): void => {
      setDragging(false);
      removeEventListener('pointermove', listen);
      removeEventListener('pointerup', end);
      removeEventListener('pointercancel', end);
    };
    addEventListener('pointermove', listen);
    addEventListener('pointerup', end);
    addEventListener('pointercancel', end);
  };
  return {
    isDragging,
    start: (event, from) => follow(event, (dx, dy) => setViewport(pan(from, dx, dy))),
    startNode: (event, node, at, zoom) => {
      event.stopPropagation();
      follow(event, (dx, dy) => pin(node, { x: at.x + dx / zoom(), y: at.y + dy / zoom() }));
    },
    hasMoved: () => moved.current,
  };
}
