import type { Context } from 'hono';
import type { EntryFilter } from '../telemetry/window/entry-ring.ts';

const DEFAULT_SECONDS = 60;
const MAX_SECONDS = 24 * 60 * 60;
const DEFAULT_STEP_MS = 5_000;
/** A chart shows no more. */
const MAX_POINTS = 2_000;

export function secondsOf(context: Context): number {
  return within(context.req.query('seconds'), DEFAULT_SECONDS, 1, MAX_SECONDS);
}

/** Whole seconds, and never more points than a chart can show. */
export function stepMsOf(context: Context): number {
  const leastMs = Math.ceil(secondsOf(context) / MAX_POINTS) * 1000;
  return Math.round(within(context.req.query('step'), DEFAULT_STEP_MS, leastMs, 3_600_000) / 1000) * 1000;
}

export function entryFilterOf(context: Context): EntryFilter {
  const { service, origin, requestId, traceId, minCode, reporter } = context.req.query();
  return {
    ...(service === undefined ? {} : { service }),
    ...(origin === undefined ? {} : { origin }),
    ...(requestId === undefined ? {} : { requestId }),
    ...(reporter === 'edge' || reporter === 'gateway' || reporter === 'sidecar' ? { reporter } : {}),
    ...(traceId === undefined ? {} : { traceId }),
    ...(minCode === undefined ? {} : { minCode: within(minCode, 0, 0, 999) }),
  };
}

function within(text: string | undefined, otherwise: number, least: number, most: number): number {
  const value = Number(text ?? '');
  return text === undefined || !Number.isFinite(value) ? otherwise : Math.min(most, Math.max(least, value));
}
