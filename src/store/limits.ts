/** https://developers.cloudflare.com/kv/platform/limits/ and the API's bulk endpoints. */

export const MAX_BULK_WRITE_PAIRS = 10_000;
/** Of a whole bulk request, 100 MB; some room for JSON escapes that the sum of the values does not count. */
export const MAX_BULK_WRITE_BYTES = 90 * 1000 * 1000;
export const MAX_BULK_DELETE_KEYS = 10_000;
/** 100 keys and 25 MB in one answer; half as many buckets of about 256 KiB stay well below that. */
export const MAX_BULK_GET_KEYS = 50;
export const MAX_VALUE_BYTES = 25 * 1024 * 1024;
/** One write a second to the same key; more are answered 429. */
export const MIN_SAME_KEY_WRITE_INTERVAL_MS = 1_000;
/** A page of a listing. */
export const LIST_PAGE_KEYS = 1_000;
