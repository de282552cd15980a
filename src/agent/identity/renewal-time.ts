/** Istio's SECRET_GRACE_PERIOD_RATIO and its jitter. */
const GRACE_RATIO = 0.5;
const GRACE_JITTER = 0.01;

/** When a certificate is to be renewed: with half of its life left, give or take a hundredth. */
export function renewalTimeMs(receivedAtMs: number, notAfterMs: number, random: () => number = Math.random): number {
  const ratio = GRACE_RATIO + GRACE_JITTER * (2 * random() - 1);
  return notAfterMs - (notAfterMs - receivedAtMs) * ratio;
}
