/**
 * Envoy's default histogram bounds, as Istio's proxies report durations (milliseconds) and sizes (bytes) with them; a
 * last bucket takes what is above.
 */
export const HISTOGRAM_BOUNDS: readonly number[] = [
  0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000, 300_000, 600_000, 1_800_000,
  3_600_000,
];

/** Index of the bucket: the first bound that is not below the value. */
export function bucketIndex(value: number): number {
  let index = 0;
  while (index < HISTOGRAM_BOUNDS.length && value > (HISTOGRAM_BOUNDS[index] as number)) index++;
  return index;
}
