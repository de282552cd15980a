import { createRoot } from '../authority/create-root.ts';
import { type IssuerMaterial, importIssuer } from '../authority/issuer.ts';
import { removeOtherIssuers, writeIssuer } from '../authority/issuer-files.ts';
import type { MeshCa } from '../authority/mesh-ca.ts';
import { beginRotation } from './rotation-steps.ts';

/** Brings in a new issuer, a new root or one that is plugged in, and begins to distribute its root. */
export async function startRotation(ca: MeshCa, material?: IssuerMaterial): Promise<string> {
  const nowMs = ca.now();
  const issuer = importIssuer(material ?? (await createRoot(ca.trustDomain, nowMs)), nowMs);
  await ca.change(async (state) => {
    const next = beginRotation(state, issuer.id, nowMs);
    await removeOtherIssuers(ca.store, state.issuers);
    // Before the state that names it.
    await writeIssuer(ca.store, issuer);
    return next;
  });
  ca.log('rotation-started', { from: ca.state.rotation?.from, to: issuer.id });
  return issuer.id;
}
