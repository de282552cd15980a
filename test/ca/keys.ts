import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createCsr } from '../../src/ca/x509/create-csr.ts';

export function newKey(): KeyObject {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
}

export function newCsr(): Promise<string> {
  return createCsr(newKey());
}

export const WEB = { trustDomain: 'cluster.local', namespace: 'default', serviceAccount: 'web' } as const;
export const WEB_ID = 'spiffe://cluster.local/ns/default/sa/web';
