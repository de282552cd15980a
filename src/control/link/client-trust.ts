import { X509Certificate } from 'node:crypto';
import { z } from 'zod';
import type { CaStore } from '../../ca/store/ca-store.ts';
import { LinkError } from './link-state.ts';

/** Whom cluster gateways take for the edge; nothing of it is private. */
export const CLIENT_TRUST_FILE = 'edge-client-trust.json';

const trustSchema = z.object({
  /** SPIFFE id of the client certificate. */
  identity: z.string().startsWith('spiffe://'),
  /** PEM, one certificate each; the first is that of the newest client certificate. */
  roots: z.array(z.string().refine(isCertificate)).min(1),
});

export type ClientTrust = z.infer<typeof trustSchema>;

/** Undefined: the link has no client certificate. */
export async function readClientTrust(store: CaStore): Promise<ClientTrust | undefined> {
  const text = await store.read(CLIENT_TRUST_FILE);
  if (text === undefined) return undefined;
  try {
    return trustSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new LinkError(`${CLIENT_TRUST_FILE} in ${store.name} cannot be read`, {
      fix: 'Remove it, and make it anew with `foresail link --mtls`.',
      cause,
    });
  }
}

export async function writeClientTrust(store: CaStore, trust: ClientTrust | undefined): Promise<void> {
  if (trust !== undefined) await store.write(CLIENT_TRUST_FILE, `${JSON.stringify(trust, undefined, 2)}\n`);
  else if ((await store.read(CLIENT_TRUST_FILE)) !== undefined) await store.remove(CLIENT_TRUST_FILE);
}

/** Once the worker shows the newest certificate, no other root counts. */
export async function dropOldClientRoots(store: CaStore): Promise<void> {
  await store.exclusively(async () => {
    const trust = await readClientTrust(store);
    if (trust !== undefined) await writeClientTrust(store, { ...trust, roots: trust.roots.slice(0, 1) });
  });
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).ca;
  } catch {
    return false;
  }
}
