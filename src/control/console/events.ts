import type { Context } from 'hono';
import { streamSSE } from 'hono/streaming';
import type { ConsoleSource } from './console-source.ts';
import type { ConsoleEvent } from './wire.ts';

/** Pages poll nothing: they are told when to ask again. */
const TRAFFIC_INTERVAL_MS = 2_000;
/** Browsers open a stream for each tab; beyond this somebody is not a browser. */
const MAX_STREAMS = 200;

let streams = 0;

export function answerEvents(context: Context, source: ConsoleSource): Response {
  if (streams >= MAX_STREAMS) return context.json({ error: 'too many pages are open' }, 503);
  streams++;
  return streamSSE(context, async (stream) => {
    const ended = Promise.withResolvers<void>();
    const tell = (event: ConsoleEvent): void => {
      stream.writeSSE({ event, data: String(Date.now()) }).catch(ended.resolve);
    };
    const unfollow = source.follow(() => tell('state'));
    const timer = setInterval(() => tell('traffic'), TRAFFIC_INTERVAL_MS);
    stream.onAbort(ended.resolve);
    tell('state');
    await ended.promise;
    clearInterval(timer);
    unfollow();
    streams--;
  });
}
