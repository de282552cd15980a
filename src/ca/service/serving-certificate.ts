import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { isIP } from 'node:net';
import { experimental } from '@grpc/grpc-js';
import type { Leaf } from '../authority/issue-leaf.ts';
import { SERVING_TTL_MS } from '../authority/lifetimes.ts';
import type { MeshCa } from '../authority/mesh-ca.ts';
import { addressBytes } from '../x509/address-bytes.ts';

type Provider = experimental.CertificateProvider;
type CaListener = experimental.CaCertificateUpdateListener;
type IdentityListener = experimental.IdentityCertificateUpdateListener;

const RETRY_MS = 60_000;

/**
 * The control plane's own TLS certificate, of the mesh CA, renewed at half its life and whenever the issuer changes;
 * and the roots that clients are checked against. Connections go on, new handshakes see the new ones.
 */
export class ServingCertificate implements Provider {
  readonly #ca: MeshCa;
  readonly #names: readonly string[];
  readonly #caListeners = new Set<CaListener>();
  readonly #identityListeners = new Set<IdentityListener>();
  readonly #stopListening: () => void;
  readonly #privateKey: string;
  #leaf: Leaf;
  #timer: NodeJS.Timeout | undefined;

  private constructor(ca: MeshCa, names: readonly string[], privateKey: string, leaf: Leaf) {
    this.#ca = ca;
    this.#names = names;
    this.#privateKey = privateKey;
    this.#leaf = leaf;
    this.#stopListening = ca.onChange(() => {
      for (const listener of this.#caListeners) listener(this.#caUpdate);
      if (this.#leaf.issuerId !== ca.active.id) this.#renew();
    });
    this.#schedule(SERVING_TTL_MS / 2);
  }

  /** The names are DNS names and IP addresses. */
  static async open(ca: MeshCa, names: readonly string[]): Promise<ServingCertificate> {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    return new ServingCertificate(ca, names, pem, await issue(ca, names, pem));
  }

  /** A client may come without a certificate, with a token. */
  get credentials(): ReturnType<typeof experimental.createCertificateProviderServerCredentials> {
    return experimental.createCertificateProviderServerCredentials(this, this, false);
  }

  close(): void {
    this.#stopListening();
    clearTimeout(this.#timer);
  }

  addCaCertificateListener(listener: CaListener): void {
    this.#caListeners.add(listener);
    // grpc-js takes a listener's first call only after it has returned from here.
    process.nextTick(() => listener(this.#caUpdate));
  }

  removeCaCertificateListener(listener: CaListener): void {
    this.#caListeners.delete(listener);
  }

  addIdentityCertificateListener(listener: IdentityListener): void {
    this.#identityListeners.add(listener);
    process.nextTick(() => listener(this.#identityUpdate));
  }

  removeIdentityCertificateListener(listener: IdentityListener): void {
    this.#identityListeners.delete(listener);
  }

  get #caUpdate(): experimental.CaCertificateUpdate {
    return { caCertificate: Buffer.from(this.#ca.bundle.pem) };
  }

  get #identityUpdate(): experimental.IdentityCertificateUpdate {
    return { certificate: Buffer.from(this.#leaf.chain.join('')), privateKey: Buffer.from(this.#privateKey) };
  }

  #renew(): void {
    issue(this.#ca, this.#names, this.#privateKey).then(
      (leaf) => {
        this.#leaf = leaf;
        for (const listener of this.#identityListeners) listener(this.#identityUpdate);
      },
      (error: unknown) => {
        this.#ca.log('serving-certificate-failed', { why: String(error) });
        this.#schedule(RETRY_MS);
      },
    );
    this.#schedule(SERVING_TTL_MS / 2);
  }

  #schedule(inMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#renew(), inMs).unref();
  }
}

function issue(ca: MeshCa, names: readonly string[], privateKey: string): Promise<Leaf> {
  const dnsNames = names.filter((name) => isIP(name) === 0);
  const ipAddresses = names.filter((name) => isIP(name) !== 0).map(addressBytes);
  return ca.issueServer(createPublicKey(privateKey), { dnsNames, ipAddresses }, SERVING_TTL_MS);
}
