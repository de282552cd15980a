/**
 * Whether so much time has passed. Where the clock has been set back nobody can tell: it counts as passed then, or
 * everything would stand still until the clock has caught up.
 */
export function hasElapsed(sinceMs: number, intervalMs: number, nowMs: number): boolean {
  const elapsedMs = nowMs - sinceMs;
  return elapsedMs < 0 || elapsedMs >= intervalMs;
}
