import type { ConfigOrigin } from '../engine/values.ts';

export function formatRate(perSecond: number): string {
  if (perSecond === 0) return '0/s';
  if (perSecond < 0.1) return '<0.1/s';
  return perSecond < 10 ? `${perSecond.toFixed(1)}/s` : `${formatCount(Math.round(perSecond))}/s`;
}

export function formatCount(count: number): string {
  if (count < 10_000) return String(count);
  return count < 1_000_000 ? `${(count / 1000).toFixed(1)}k` : `${(count / 1_000_000).toFixed(1)}M`;
}

export function formatShare(share: number): string {
  if (share === 0) return '0 %';
  const percent = share * 100;
  return percent < 1 ? '<1 %' : `${percent < 10 ? percent.toFixed(1) : Math.round(percent)} %`;
}

export function formatMs(ms: number | undefined): string {
  if (ms === undefined) return '–';
  if (ms < 1) return '<1 ms';
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;
}

export function formatTime(timeMs: number): string {
  return new Date(timeMs).toLocaleTimeString([], { hour12: false });
}

export function formatDate(timeMs: number): string {
  return new Date(timeMs).toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' });
}

/** `in 12 days`, `3 hours ago`. */
export function formatDistance(timeMs: number, nowMs: number): string {
  const units = [
    ['day', 86_400_000],
    ['hour', 3_600_000],
    ['minute', 60_000],
    ['second', 1_000],
  ] as const;
  const distanceMs = timeMs - nowMs;
  const [unit, unitMs] = units.find(([, ms]) => Math.abs(distanceMs) >= ms) ?? ['second', 1_000];
  return new Intl.RelativeTimeFormat('en', { numeric: 'auto' }).format(Math.round(distanceMs / unitMs), unit);
}

export function formatPlace({ file, line }: ConfigOrigin): string | undefined {
  if (file === undefined) return undefined;
  return line === undefined ? file : `${file}:${line}`;
}

const MAX_PLACE = 36;

/** The end of a long path says more than its beginning. */
export function shortenPlace(place: string): string {
  return place.length <= MAX_PLACE ? place : `…/${place.split('/').slice(-2).join('/')}`;
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
