/** `2 s`, `1.5 s`, `250 ms`. */
export function formatMs(ms: number): string {
  return ms >= 1000 ? `${ms / 1000} s` : `${ms} ms`;
}

/** `70 %`, `0.5 %`; what is not nothing never reads as nothing. */
export function formatShare(share: number): string {
  const percent = share * 100;
  if (percent > 0 && percent < 0.0001) return '< 0.0001 %';
  return `${Number(percent.toPrecision(percent >= 99.95 ? 6 : 4))} %`;
}
