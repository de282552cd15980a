const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Istio's values: DEFAULT_WORKLOAD_CERT_TTL, MAX_WORKLOAD_CERT_TTL, and its root's. */
export const DEFAULT_LEAF_TTL_MS = DAY_MS;
export const MAX_LEAF_TTL_MS = 90 * DAY_MS;
export const ROOT_TTL_MS = 3650 * DAY_MS;

/** Machines whose clocks are behind accept a new certificate at once. */
export const BACK_DATE_MS = 2 * 60_000;

/** Who cannot fetch a list of revoked certificates in this time would refuse every peer. */
export const CRL_TTL_MS = 90 * DAY_MS;

export const SERVING_TTL_MS = DAY_MS;
