import { create } from '@bufbuild/protobuf';
import type { ClientCheck, ServerTls, TlsVersion } from '../../mesh/gateway/model.ts';
import type { Fields } from '../any.ts';
import {
  type CertificateValidationContextSchema,
  SubjectAltNameMatcher_SanType as SanType,
  type SubjectAltNameMatcherSchema,
  TlsParameters_TlsProtocol as TlsProtocol,
} from '../gen/envoy/extensions/transport_sockets/tls/v3/common_pb.ts';
import {
  type CommonTlsContextSchema,
  type DownstreamTlsContext,
  DownstreamTlsContextSchema,
} from '../gen/envoy/extensions/transport_sockets/tls/v3/tls_pb.ts';
import { MESH_ROOTS, OWN_CERTIFICATE } from '../tls/secrets.ts';
import { servedSecret } from '../tls/served-secret.ts';

type ContextInit = Fields<typeof CommonTlsContextSchema>;

/** How a Gateway server ends TLS. */
export function serverTlsContext(tls: ServerTls, serves: 'http' | 'tcp'): DownstreamTlsContext {
  const { client, minVersion, maxVersion, cipherSuites } = tls;
  return create(DownstreamTlsContextSchema, {
    requireClientCertificate: client?.isRequired === true,
    commonTlsContext: {
      tlsParams: {
        tlsMinimumProtocolVersion: VERSIONS[minVersion],
        tlsMaximumProtocolVersion: VERSIONS[maxVersion],
        cipherSuites: [...cipherSuites],
      },
      alpnProtocols: serves === 'http' ? ['h2', 'http/1.1'] : [],
      ...certificates(tls.certificate),
      ...(client === undefined ? {} : validation(client)),
    },
  });
}

const VERSIONS: Readonly<Record<TlsVersion, TlsProtocol>> = {
  TLSv1_0: TlsProtocol.TLSv1_0,
  TLSv1_1: TlsProtocol.TLSv1_1,
  TLSv1_2: TlsProtocol.TLSv1_2,
  TLSv1_3: TlsProtocol.TLSv1_3,
};

function certificates(certificate: ServerTls['certificate']): ContextInit {
  switch (certificate.kind) {
    case 'mesh':
      return { tlsCertificateSdsSecretConfigs: [OWN_CERTIFICATE] };
    case 'credentials':
      return { tlsCertificateSdsSecretConfigs: certificate.names.map(servedSecret) };
    case 'files':
      return {
        tlsCertificates: certificate.pairs.map(({ cert, key }) => ({
          certificateChain: file(cert),
          privateKey: file(key),
        })),
      };
  }
}

function validation({ trust, ...check }: ClientCheck): ContextInit {
  const names: Fields<typeof CertificateValidationContextSchema> = {
    matchTypedSubjectAltNames: check.subjectAltNames.flatMap((name) => [
      exactly(SanType.DNS, name),
      exactly(SanType.URI, name),
    ]),
    verifyCertificateSpki: [...check.spkiHashes],
    verifyCertificateHash: [...check.certificateHashes],
  };
  if (trust.kind === 'file') {
    const { path, crl } = trust;
    return {
      validationContextType: {
        case: 'validationContext',
        value: { ...names, trustedCa: file(path), ...(crl === undefined ? {} : { crl: file(crl) }) },
      },
    };
  }
  const roots = trust.kind === 'mesh' ? MESH_ROOTS : servedSecret(trust.name);
  return {
    validationContextType: {
      case: 'combinedValidationContext',
      value: { defaultValidationContext: names, validationContextSdsSecretConfig: roots },
    },
  };
}

function exactly(sanType: SanType, exact: string): Fields<typeof SubjectAltNameMatcherSchema> {
  return { sanType, matcher: { matchPattern: { case: 'exact', value: exact } } };
}

function file(filename: string): { specifier: { case: 'filename'; value: string } } {
  return { specifier: { case: 'filename', value: filename } };
}
