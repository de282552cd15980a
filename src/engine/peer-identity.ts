import type { PeerIdentity } from './facts.ts';

/** `spiffe://<trust domain>/ns/<namespace>/sa/<service account>`; undefined for any other form. */
export function peerIdentity(uri: string): PeerIdentity | undefined {
  const match = /^spiffe:\/\/([^/]+)\/ns\/([^/]+)\/sa\/([^/]+)$/.exec(uri);
  if (match === null) return undefined;
  const [, trustDomain = '', namespace = '', serviceAccount = ''] = match;
  return {
    principal: `${trustDomain}/ns/${namespace}/sa/${serviceAccount}`,
    trustDomain,
    namespace,
    serviceAccount,
  };
}
