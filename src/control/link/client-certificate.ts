import { createPublicKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { MAX_LEAF_TTL_MS } from '../../ca/authority/lifetimes.ts';
import type { MeshCa } from '../../ca/authority/mesh-ca.ts';
import { formatSpiffeId, workloadIdentity } from '../../ca/spiffe-id.ts';
import type { CaStore } from '../../ca/store/ca-store.ts';
import { readClientTrust, writeClientTrust } from './client-trust.ts';
import { LinkError } from './link-state.ts';

export const CLIENT_CERTIFICATE_FILE = 'edge-client.pem';
export const CLIENT_KEY_FILE = 'edge-client-key.pem';

/** Who the edge is to a cluster gateway. */
export const EDGE_ACCOUNT = { namespace: 'istio-system', serviceAccount: 'foresail-edge' };

/** A certificate that has less than a third of its life left is replaced. */
const RENEW_BELOW_MS = MAX_LEAF_TTL_MS / 3;

/** The certificate that workers show to cluster gateways; true: it is a new one, to be uploaded. */
export async function ensureClientCertificate(store: CaStore, ca: MeshCa): Promise<boolean> {
  return await store.exclusively(async () => {
    const existing = await store.read(CLIENT_CERTIFICATE_FILE);
    const trust = await readClientTrust(store);
    if (existing !== undefined && trust !== undefined && (await store.read(CLIENT_KEY_FILE)) !== undefined) {
      const { validToDate } = new X509Certificate(existing);
      if (validToDate.getTime() - ca.now() > RENEW_BELOW_MS) return false;
    }
    const identity = workloadIdentity(ca.trustDomain, EDGE_ACCOUNT.namespace, EDGE_ACCOUNT.serviceAccount);
    if (identity === undefined) {
      throw new LinkError(`${ca.trustDomain} is no trust domain`, { fix: 'Make the CA anew with `foresail ca init`.' });
    }
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const leaf = await ca.issueWorkload(createPublicKey(privateKey), identity, MAX_LEAF_TTL_MS);
    // The certificate before is shown until the new one is uploaded.
    const roots = [...new Set([leaf.chain.at(-1) ?? '', ...(trust?.roots ?? [])])];
    await writeClientTrust(store, { identity: formatSpiffeId(identity), roots });
    await store.write(CLIENT_KEY_FILE, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
    // The root is what the gateway has already.
    const chain = leaf.chain.length > 1 ? leaf.chain.slice(0, -1) : leaf.chain;
    await store.write(CLIENT_CERTIFICATE_FILE, chain.join(''));
    return true;
  });
}
