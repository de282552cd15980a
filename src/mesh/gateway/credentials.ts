import type { Secret } from '../../resources/kinds.ts';
import { configOrigin } from '../config-origin.ts';
import type { Credential } from './model.ts';
import { secretPem, secretValue } from './secret-pem.ts';

/** Istio's name for a Secret that a gateway uses, and for the CA that belongs to it. */
export function credentialName(secret: string): string {
  return `kubernetes://${secret}`;
}

export function trustName(secret: string): string {
  return `${credentialName(secret)}-cacert`;
}

/**
 * Secrets of one namespace as the credentials of a gateway there: a certificate with its key, and whom to trust, which
 * may stand in the same Secret or in one whose name ends with `-cacert` (ISTIO.md 1.1).
 */
export class Credentials {
  readonly used = new Map<string, Credential>();
  readonly #secrets: ReadonlyMap<string, Secret>;

  constructor(secrets: readonly Secret[], namespace: string) {
    const own = secrets.filter(({ metadata }) => metadata.namespace === namespace);
    this.#secrets = new Map(own.map((secret) => [secret.metadata.name, secret]));
  }

  /** The credential's name; undefined: there is no such certificate. */
  certificate(secretName: string): string | undefined {
    const secret = this.#secrets.get(secretName);
    const pem = secret === undefined ? undefined : secretPem(secret);
    if (secret === undefined || pem === undefined) return undefined;
    const name = credentialName(secretName);
    const content = { kind: 'certificate', cert: pem.certificate, key: pem.key } as const;
    this.used.set(name, { name, content, origin: configOrigin(secret) });
    return name;
  }

  trust(secretName: string): string | undefined {
    for (const candidate of [`${secretName}-cacert`, secretName]) {
      const secret = this.#secrets.get(candidate);
      if (secret === undefined) continue;
      const roots = secretValue(secret, 'cacert') || secretValue(secret, 'ca.crt');
      if (roots === '') continue;
      const name = trustName(secretName);
      const crl = secretValue(secret, 'crl') || secretValue(secret, 'ca.crl') || undefined;
      this.used.set(name, { name, content: { kind: 'trust', roots, crl }, origin: configOrigin(secret) });
      return name;
    }
    return undefined;
  }
}
