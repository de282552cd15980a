import { CaError } from '../ca-error.ts';
import type { CaStore } from '../store/ca-store.ts';
import { type Issuer, type IssuerMaterial, loadIssuer } from './issuer.ts';

/** How an issuer lies in the store: `<id>.ca-key.pem` and so on. */
const PARTS = {
  caCert: 'ca-cert.pem',
  caKey: 'ca-key.pem',
  rootCert: 'root-cert.pem',
  certChain: 'cert-chain.pem',
} as const satisfies Record<keyof IssuerMaterial, string>;

export async function writeIssuer(store: CaStore, issuer: Issuer): Promise<void> {
  for (const [part, file] of Object.entries(PARTS)) {
    await store.write(`${issuer.id}.${file}`, issuer.material[part as keyof IssuerMaterial]);
  }
}

export async function readIssuer(store: CaStore, id: string): Promise<Issuer> {
  const [caCert = '', caKey = '', rootCert = '', certChain = ''] = await Promise.all(
    Object.values(PARTS).map((file) => store.read(`${id}.${file}`)),
  );
  const issuer = loadIssuer({ caCert, caKey, rootCert, certChain });
  if (issuer.id !== id) throw new CaError('bad-state', `the files of issuer ${id} in ${store.name} are another's`);
  return issuer;
}

/** What a crash has left of issuers that no state speaks of. Keys that nobody uses should not lie around. */
export async function removeOtherIssuers(store: CaStore, ids: readonly string[]): Promise<void> {
  for (const name of await store.list()) {
    const [, id] = /^([0-9a-f]{16})\.(?:ca-cert|ca-key|root-cert|cert-chain)\.pem$/.exec(name) ?? [];
    if (id !== undefined && !ids.includes(id)) await store.remove(name);
  }
}
