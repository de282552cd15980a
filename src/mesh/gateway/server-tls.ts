import { knownCipherSuites, type ServerTlsSettings } from '../../resources/istio/server-tls.ts';
import type { Credentials } from './credentials.ts';
import type { ClientCheck, ServerTls, TlsVersion } from './model.ts';

/** How a server ends TLS; undefined: it does not, or a credential that it names is not there. */
export function resolveServerTls(tls: ServerTlsSettings, credentials: Credentials): ServerTls | undefined {
  const certificate = certificateOf(tls, credentials);
  if (certificate === undefined) return undefined;
  const client = clientOf(tls, credentials);
  if (client === 'missing') return undefined;
  return {
    certificate,
    client,
    minVersion: version(tls.minProtocolVersion) ?? 'TLSv1_2',
    maxVersion: version(tls.maxProtocolVersion) ?? 'TLSv1_3',
    cipherSuites: knownCipherSuites(tls),
  };
}

function certificateOf(tls: ServerTlsSettings, credentials: Credentials): ServerTls['certificate'] | undefined {
  if (tls.mode === 'ISTIO_MUTUAL') return { kind: 'mesh' };
  const named = tls.credentialName ? [tls.credentialName] : (tls.credentialNames ?? []);
  if (named.length > 0) {
    const names = named.map((name) => credentials.certificate(name)).filter((name) => name !== undefined);
    return names.length === named.length ? { kind: 'credentials', names } : undefined;
  }
  const files = [tls, ...(tls.tlsCertificates ?? [])].flatMap(({ serverCertificate, privateKey }) =>
    serverCertificate && privateKey ? [{ cert: serverCertificate, key: privateKey }] : [],
  );
  return files.length === 0 ? undefined : { kind: 'files', pairs: files };
}

function clientOf(tls: ServerTlsSettings, credentials: Credentials): ClientCheck | 'missing' | undefined {
  const { mode } = tls;
  if (mode !== 'MUTUAL' && mode !== 'ISTIO_MUTUAL' && mode !== 'OPTIONAL_MUTUAL') return undefined;
  const trust = mode === 'ISTIO_MUTUAL' ? ({ kind: 'mesh' } as const) : trustOf(tls, credentials);
  const { verifyCertificateSpki: spkiHashes = [], verifyCertificateHash: certificateHashes = [] } = tls;
  const areHashes = spkiHashes.every(isSpkiHash) && certificateHashes.every(isCertificateHash);
  // One wrong hash would cost every server of the port.
  if (trust === undefined || !areHashes) return 'missing';
  return {
    trust,
    isRequired: mode !== 'OPTIONAL_MUTUAL',
    subjectAltNames: tls.subjectAltNames ?? [],
    spkiHashes,
    certificateHashes,
  };
}

/** Base64 of a SHA-256. */
function isSpkiHash(text: string): boolean {
  return /^[A-Za-z0-9+/]{43}=$/.test(text);
}

/** Hexadecimal SHA-256, with colons or without. */
function isCertificateHash(text: string): boolean {
  return /^[0-9a-f]{64}$/i.test(text.replaceAll(':', ''));
}

function trustOf(tls: ServerTlsSettings, credentials: Credentials): ClientCheck['trust'] | undefined {
  if (tls.caCertificates) return { kind: 'file', path: tls.caCertificates, crl: tls.caCrl || undefined };
  const named = tls.caCertCredentialName || tls.credentialName || tls.credentialNames?.[0];
  const name = named === undefined ? undefined : credentials.trust(named);
  return name === undefined ? undefined : { kind: 'credential', name };
}

function version(text: ServerTlsSettings['minProtocolVersion']): TlsVersion | undefined {
  switch (text) {
    case 'TLSV1_0':
      return 'TLSv1_0';
    case 'TLSV1_1':
      return 'TLSv1_1';
    case 'TLSV1_2':
      return 'TLSv1_2';
    case 'TLSV1_3':
      return 'TLSv1_3';
    default:
      return undefined;
  }
}
