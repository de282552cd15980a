import { CaError } from '../ca-error.ts';
import { buildCrl } from '../x509/build-crl.ts';
import { toPem } from '../x509/pem.ts';
import type { CaState } from './ca-state.ts';
import type { Issuer } from './issuer.ts';
import { CRL_TTL_MS } from './lifetimes.ts';
import type { MeshCa } from './mesh-ca.ts';

/** Whole bytes, as many as RFC 5280 §4.1.2.2 allows. */
const SERIAL = /^([0-9a-f]{2}){1,20}$/;

export function isRevoked(state: CaState, issuerId: string, serial: string): boolean {
  return state.revoked.some((entry) => entry.issuer === issuerId && entry.serial === serial);
}

export interface RevokeOptions {
  /** Without it the one that signs now. */
  readonly issuerId?: string;
  /** No other CA signs under the roots that are trusted here. */
  readonly isOnlyCa?: boolean;
}

export async function revoke(ca: MeshCa, serial: string, options: RevokeOptions = {}): Promise<void> {
  const { issuerId = ca.active.id, isOnlyCa = false } = options;
  if (!isOnlyCa && [...ca.issuers.values()].some(mayHaveSiblings)) {
    throw new CaError('bad-state', 'other CAs may sign under the roots that are trusted here', {
      fix: 'Once a list is out, Envoy refuses leaves of every CA that has none. If this is the only CA, say --only-ca.',
    });
  }
  const wanted = serial.toLowerCase().replaceAll(':', '');
  if (!SERIAL.test(wanted)) throw new CaError('bad-request', `${serial} is no serial number in hexadecimal`);
  await ca.change((state) => {
    if (isRevoked(state, issuerId, wanted)) return state;
    const entry = { serial: wanted, issuer: issuerId, revokedAtMs: ca.now() };
    return { ...state, revoked: [...state.revoked, entry], crlNumber: state.crlNumber + 1 };
  });
  ca.log('certificate-revoked', { serial: wanted, issuer: issuerId });
}

/** Intermediates share a root with those of other clusters; further roots are other CAs'. */
function mayHaveSiblings({ chain, roots }: Issuer): boolean {
  return chain.length > 1 || roots.length > 1;
}

export async function crlOf(ca: MeshCa, issuer: Issuer): Promise<Buffer> {
  const nowMs = ca.now();
  const revoked = ca.state.revoked
    .filter((entry) => entry.issuer === issuer.id)
    .map(({ serial, revokedAtMs }) => ({ serial: Buffer.from(serial, 'hex'), revokedAtMs }));
  const content = {
    issuer: issuer.certificate.subject,
    issuerKeyIdentifier: issuer.certificate.keyIdentifier,
    number: ca.state.crlNumber,
    thisUpdateMs: nowMs - 60_000,
    nextUpdateMs: nowMs + CRL_TTL_MS,
    revoked,
  };
  return await buildCrl(content, issuer.key);
}

/** The lists of all issuers, one for each as RFC 5280 §5 has it, signed anew when they change or grow old. */
export class RevocationLists {
  readonly #ca: MeshCa;
  #signed: { readonly key: string; readonly pem: string; readonly madeAtMs: number } | undefined;

  constructor(ca: MeshCa) {
    this.#ca = ca;
  }

  /** Empty while nothing is revoked. Otherwise also an empty list of an issuer counts: Envoy refuses leaves without one. */
  async pem(): Promise<string> {
    const { state, issuers } = this.#ca;
    if (state.revoked.length === 0) return '';
    const key = JSON.stringify([state.crlNumber, state.issuers]);
    const signed = this.#signed;
    if (signed?.key === key && this.#ca.now() - signed.madeAtMs < CRL_TTL_MS / 2) return signed.pem;
    const lists = await Promise.all([...issuers.values()].map((issuer) => crlOf(this.#ca, issuer)));
    const pem = lists.map((der) => toPem('X509 CRL', der)).join('');
    this.#signed = { key, pem, madeAtMs: this.#ca.now() };
    return pem;
  }
}
