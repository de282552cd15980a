import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { Leaf } from '../../src/ca/authority/issue-leaf.ts';
import type { MeshCa } from '../../src/ca/authority/mesh-ca.ts';

export interface Identity {
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly trustDomain?: string;
}

/** What Node's TLS takes, in PEM. */
export interface Credentials {
  readonly key: string;
  readonly cert: string;
  readonly ca: string;
}

const HOUR_MS = 3_600_000;

/** A certificate of a workload with a new key, as its agent would have it. */
export async function workloadCredentials(
  ca: MeshCa,
  { namespace, serviceAccount, trustDomain = ca.trustDomain }: Identity,
  ttlMs = HOUR_MS,
): Promise<Credentials> {
  return await withNewKey(ca, (key) => ca.issueWorkload(key, { trustDomain, namespace, serviceAccount }, ttlMs));
}

/** A certificate without a SPIFFE id. */
export async function serverCredentials(ca: MeshCa, name: string): Promise<Credentials> {
  return await withNewKey(ca, (key) => ca.issueServer(key, { dnsNames: [name] }, HOUR_MS));
}

async function withNewKey(ca: MeshCa, issue: (key: KeyObject) => Promise<Leaf>): Promise<Credentials> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { chain } = await issue(createPublicKey(privateKey));
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  return { key, cert: chain.join(''), ca: ca.bundle.pem };
}
