/** A JWK as far as it is kept: its members that are text. All that makes up a key is (RFC 7518 §6). */
export type ListedKey = Readonly<Record<string, string>>;

/**
 * The keys of a set (RFC 7517 §5) that somebody else has written; undefined: it is no set. Members that are no text
 * are left behind: nothing hangs on them, and they may be nested as deep as their author likes.
 */
export function listedKeys(set: unknown): readonly ListedKey[] | undefined {
  if (typeof set !== 'object' || set === null || !('keys' in set) || !Array.isArray(set.keys)) return undefined;
  return set.keys
    .filter((key): key is object => typeof key === 'object' && key !== null && !Array.isArray(key))
    .map((key) =>
      Object.fromEntries(
        Object.entries(key).filter((member): member is [string, string] => typeof member[1] === 'string'),
      ),
    );
}
