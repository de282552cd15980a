import { describe, expect, it } from 'vitest';
import { peerOfCertificate } from '../../src/edge/client-certificate.ts';
import type { TlsClientAuth } from '../../src/edge/runtime.ts';
import { SPIFFE_CERTIFICATE, TWO_URIS_CERTIFICATE } from './support/certificates.ts';

const verified = (der: string): TlsClientAuth => ({
  certPresented: '1',
  certVerified: 'SUCCESS',
  certRevoked: '0',
  certRFC9440: `:${der}:`,
});

describe('a client certificate', () => {
  it('names a workload of the mesh by its one SPIFFE URI', () => {
    expect(peerOfCertificate(verified(SPIFFE_CERTIFICATE))).toEqual({
      principal: 'cluster.local/ns/web/sa/caller',
      trustDomain: 'cluster.local',
      namespace: 'web',
      serviceAccount: 'caller',
    });
  });

  it('names nobody unless the platform has verified it', () => {
    expect(peerOfCertificate(undefined)).toBeUndefined();
    for (const flaw of [{ certVerified: 'FAILED:self signed' }, { certPresented: '0' }, { certRevoked: '1' }]) {
      expect(peerOfCertificate({ ...verified(SPIFFE_CERTIFICATE), ...flaw })).toBeUndefined();
    }
  });

  it('names nobody when it is malformed, or has two URIs', () => {
    expect(peerOfCertificate(verified(TWO_URIS_CERTIFICATE))).toBeUndefined();
    expect(peerOfCertificate(verified(SPIFFE_CERTIFICATE.slice(0, 200)))).toBeUndefined();
    expect(peerOfCertificate({ ...verified('*'), certRFC9440: 'not a byte sequence' })).toBeUndefined();
    // Every cut of a certificate, none of which may throw.
    for (let end = 0; end < SPIFFE_CERTIFICATE.length - 4; end += 4) {
      expect(() => peerOfCertificate(verified(SPIFFE_CERTIFICATE.slice(0, end)))).not.toThrow();
    }
  });
});
