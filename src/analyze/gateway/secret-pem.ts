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

export function secretPem({ data = {}, stringData = {} }: Secret): SecretPem | undefined {
  const read = (name: string): string => {
    const plain = stringData[name];
    return plain ?? Buffer.from(data[name] ?? '', 'base64').toString('latin1');
  };
  for (const [certificateName, keyName] of PAIRS) {
    const pem = { certificate: read(certificateName), key: read(keyName) };
    if (pem.certificate !== '' && pem.key !== '') return pem;
  }
  return undefined;
}
