import type { CaStore } from '../../ca/store/ca-store.ts';
import { readClientTrust, writeClientTrust } from './client-trust.ts';
import { PUBLIC_KEYS_FILE } from './link-keys.ts';
import { LINK_STATE_FILE, LinkError, parseLinkState } from './link-state.ts';

/** Gives a cluster the public halves of a link's keys; the private ones stay where they are. */
export async function shareLink(from: CaStore, to: CaStore): Promise<void> {
  const [state, keys, client] = await Promise.all([
    from.read(LINK_STATE_FILE),
    from.read(PUBLIC_KEYS_FILE),
    readClientTrust(from),
  ]);
  if (state === undefined || keys === undefined) {
    throw new LinkError(`there are no keys in ${from.name}`, { fix: 'Make some with `foresail link`.' });
  }
  const present = await to.read(LINK_STATE_FILE);
  if (present !== undefined) {
    const [ours, theirs] = [parseLinkState(state, from.name), parseLinkState(present, to.name)];
    const known = new Set(ours.keys.map(({ id }) => id));
    // Keys that are dropped in steps always have one in common with those before.
    if (ours.mesh !== theirs.mesh || !theirs.keys.some(({ id }) => known.has(id))) {
      throw new LinkError(`${to.name} has the keys of another link, of mesh ${theirs.mesh}`, {
        fix: 'Use the folder of that link (--dir), or delete the Secret where its worker is gone.',
      });
    }
  }
  // First of all, so that gateways that know the keys never listen without it.
  await writeClientTrust(to, client);
  await to.write(PUBLIC_KEYS_FILE, keys);
  await to.write(LINK_STATE_FILE, state);
}
