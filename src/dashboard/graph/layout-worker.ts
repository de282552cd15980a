import type { LayoutAnswer, LayoutQuestion } from './layout-types.ts';
import { placeNodes } from './place-nodes.ts';

/** Beside the page: a layout of hundreds of nodes must not hold up a click. */
addEventListener('message', ({ data }: MessageEvent<LayoutQuestion>) => {
  const answer: LayoutAnswer = { id: data.id, positions: [...placeNodes(data)] };
  postMessage(answer);
});
