import { STATE_FILE } from '../../ca/authority/ca-state.ts';
import { MeshCa } from '../../ca/authority/mesh-ca.ts';
import type { Log } from '../../ca/log.ts';
import type { CaStore } from '../../ca/store/ca-store.ts';

/** The CA that the store holds; a new one with a root of its own where there is none. */
export async function openOrInitCa(store: CaStore, trustDomain: string, log: Log): Promise<MeshCa> {
  if ((await store.read(STATE_FILE)) !== undefined) return await MeshCa.open({ store, log });
  log('ca-made', { trustDomain, store: store.name });
  return await MeshCa.init({ store, trustDomain, log });
}
