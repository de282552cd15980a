import { X509Certificate } from 'node:crypto';
import { configOrigin } from '../../../mesh/config-origin.ts';
import { secretPem } from '../../../mesh/gateway/secret-pem.ts';
import type { Mesh } from '../../../mesh/model.ts';
import { kinds } from '../../../resources/kinds.ts';
import type { CertificateView } from '../wire.ts';

/** Certificates in the mesh's Secrets, the soonest to end first. Of the keys beside them nothing is told. */
export function gatewayCertificates(mesh: Mesh): CertificateView[] {
  return mesh.resources
    .of(kinds.secret)
    .flatMap((secret): CertificateView[] => {
      const pem = secretPem(secret);
      if (pem === undefined) return [];
      const { name, namespace } = secret.metadata;
      const base = { use: 'gateway' as const, name: `${namespace}/${name}`, origin: configOrigin(secret) };
      return [{ ...base, ...read(pem.certificate) }];
    })
    .sort((a, b) => a.notAfterMs - b.notAfterMs);
}

function read(pem: string): Pick<CertificateView, 'names' | 'issuer' | 'notBeforeMs' | 'notAfterMs' | 'problem'> {
  try {
    const { subjectAltName = '', issuer, validFromDate, validToDate } = new X509Certificate(pem);
    return {
      names: subjectAltName
        .split(', ')
        .flatMap((name) => (name === '' ? [] : [name.replace(/^(DNS|URI|IP Address):/, '')])),
      issuer: issuer.replaceAll('\n', ', '),
      notBeforeMs: validFromDate.getTime(),
      notAfterMs: validToDate.getTime(),
    };
  } catch {
    const problem = 'it is no certificate in PEM form';
    return { names: [], issuer: '', notBeforeMs: 0, notAfterMs: 0, problem };
  }
}
