import type { Secret } from '../../resources/kinds.ts';

export interface SecretPem {
  readonly certificate: string;
  readonly key: string;
}

/** The pairs of keys under which Istio looks for a server certificate (kube.ExtractCertInfo), the generic one first. */
const PAIRS = [
  ['cert', 'key'],
  ['tls.crt', 'tls.key'],
] as const;

/** Empty: there is none. */
export function secretValue({ data = {}, stringData = {} }: Secret, name: string): string {
  return stringData[name] ?? Buffer.from(data[name] ?? '', 'base64').toString('latin1');
}

export function secretPem(secret: Secret): SecretPem | undefined {
  for (const [certificateName, keyName] of PAIRS) {
    const pem = { certificate: secretValue(secret, certificateName), key: secretValue(secret, keyName) };
    if (pem.certificate !== '' && pem.key !== '') return pem;
  }
  return undefined;
}
