import { STATE_FILE } from '../../ca/authority/ca-state.ts';
import type { IssuerMaterial } from '../../ca/authority/issuer.ts';
import { MeshCa } from '../../ca/authority/mesh-ca.ts';
import { CaError } from '../../ca/ca-error.ts';
import type { Log } from '../../ca/log.ts';
import type { CaStore } from '../../ca/store/ca-store.ts';

/** The CA that the store holds; where there is none a new one, with the issuer that was there before or a root of its own. */
export async function openOrInitCa(
  store: CaStore,
  trustDomain: string,
  log: Log,
  earlierIssuer: () => Promise<IssuerMaterial | undefined> = async () => undefined,
): Promise<MeshCa> {
  if ((await store.read(STATE_FILE)) !== undefined) return await MeshCa.open({ store, log });
  const material = await earlierIssuer();
  try {
    const ca = await MeshCa.init({ store, trustDomain, log, ...(material === undefined ? {} : { material }) });
    log('ca-made', { trustDomain, store: store.name, takenOver: material !== undefined });
    return ca;
  } catch (error) {
    // Another replica that starts was faster.
    if (error instanceof CaError && (await store.read(STATE_FILE)) !== undefined)
      return await MeshCa.open({ store, log });
    throw error;
  }
}
