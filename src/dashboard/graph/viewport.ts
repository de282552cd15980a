import { NODE_HEIGHT, NODE_WIDTH, type Point } from './layout-types.ts';

/** Which part of the picture is seen: screen = (point - origin) × zoom. */
export interface Viewport {
  readonly x: number;
  readonly y: number;
  readonly zoom: number;
}

const MIN_ZOOM = 0.08;
const MAX_ZOOM = 2.5;
const MARGIN = 40;
/** A narrow screen shows the beginning so that it can be read; the rest is a drag away. */
const NARROW = 600;
const READABLE_ZOOM = 0.5;

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** All of it, and never larger than life. */
export function fitAll(points: Iterable<Point>, { width, height }: Size): Viewport {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const { x, y } of points) {
    left = Math.min(left, x - NODE_WIDTH / 2);
    right = Math.max(right, x + NODE_WIDTH / 2);
    top = Math.min(top, y - NODE_HEIGHT / 2);
    bottom = Math.max(bottom, y + NODE_HEIGHT / 2);
  }
  if (left > right || width === 0) return { x: 0, y: 0, zoom: 1 };
  const zoom = clamp(Math.min((width - 2 * MARGIN) / (right - left), (height - 2 * MARGIN) / (bottom - top), 1));
  if (width < NARROW && zoom < READABLE_ZOOM) {
    const y = (top + bottom) / 2 - height / READABLE_ZOOM / 2;
    return { zoom: READABLE_ZOOM, x: left - MARGIN / READABLE_ZOOM / 2, y };
  }
  return { zoom, x: (left + right) / 2 - width / zoom / 2, y: (top + bottom) / 2 - height / zoom / 2 };
}

/** Around a point of the screen, which stays where it is. */
export function zoomAround(viewport: Viewport, at: Point, factor: number): Viewport {
  const zoom = clamp(viewport.zoom * factor);
  const [x, y] = [viewport.x + at.x / viewport.zoom, viewport.y + at.y / viewport.zoom];
  return { zoom, x: x - at.x / zoom, y: y - at.y / zoom };
}

export function pan(viewport: Viewport, dx: number, dy: number): Viewport {
  return { ...viewport, x: viewport.x - dx / viewport.zoom, y: viewport.y - dy / viewport.zoom };
}

/** What is seen, with a margin so that little moves draw nothing new. */
export function visibleBox({ x, y, zoom }: Viewport, { width, height }: Size): Box {
  const margin = NODE_WIDTH;
  return { left: x - margin, top: y - margin, right: x + width / zoom + margin, bottom: y + height / zoom + margin };
}

export function isInside({ left, top, right, bottom }: Box, { x, y }: Point): boolean {
  return x >= left && x <= right && y >= top && y <= bottom;
}

/** Whether a line between the two can be seen. */
export function crosses(box: Box, a: Point, b: Point): boolean {
  return (
    Math.max(a.x, b.x) >= box.left &&
    Math.min(a.x, b.x) <= box.right &&
    Math.max(a.y, b.y) >= box.top &&
    Math.min(a.y, b.y) <= box.bottom
  );
}

function clamp(zoom: number): number {
  return Math.min(MAX_ZOOM, Math.max(MIN_ZOOM, zoom));
}
