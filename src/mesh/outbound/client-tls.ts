import type { ClientTlsSettings } from '../../resources/istio/client-tls.ts';
import type { MeshSettings } from '../model.ts';
import type { MeshService } from '../registry.ts';
import type { OutboundTls } from './outbound-cluster.ts';

export interface TlsInput {
  readonly service: MeshService;
  readonly port: number;
  readonly subset: string;
  readonly settings: ClientTlsSettings | undefined;
  /** SPIFFE ids of what runs behind the service. */
  readonly identities: readonly string[];
  /** Undefined: each endpoint says for itself whether it takes mesh TLS; else what is certain for all of them. */
  readonly meshTlsForAll: boolean | undefined;
  readonly mesh: MeshSettings;
}

/**
 * How connections are secured: as the DestinationRule says; where it says nothing, with the mesh's own certificates to
 * whatever in the mesh has a sidecar (auto mTLS).
 */
export function resolveTls({ settings, ...input }: TlsInput): OutboundTls {
  if (settings === undefined) return automatic(input);
  switch (settings.mode ?? 'DISABLE') {
    case 'DISABLE':
      return { kind: 'none' };
    case 'ISTIO_MUTUAL':
      return {
        kind: 'mesh',
        byEndpoint: false,
        sni: settings.sni || meshSni(input),
        identities: nonEmpty(settings.subjectAltNames) ?? input.identities,
      };
    case 'SIMPLE':
    case 'MUTUAL':
      return originated(settings, input);
  }
}

function automatic(input: Omit<TlsInput, 'settings'>): OutboundTls {
  const { service, meshTlsForAll, mesh } = input;
  if (!mesh.meshConfig.enableAutoMtls || service.external || meshTlsForAll === false) return { kind: 'none' };
  return {
    kind: 'mesh',
    byEndpoint: meshTlsForAll === undefined,
    sni: meshSni(input),
    identities: input.identities,
  };
}

/** What an east-west gateway finds the cluster by. */
export function meshSni({
  port,
  subset,
  service,
}: {
  readonly port: number;
  readonly subset: string;
  readonly service: { readonly host: string };
}): string {
  return `outbound_.${port}_.${subset}_.${service.host}`;
}

function originated(tls: ClientTlsSettings, { service, mesh }: Omit<TlsInput, 'settings'>): OutboundTls {
  const isMutual = tls.mode === 'MUTUAL';
  const { credentialName, clientCertificate, privateKey } = tls;
  return {
    kind: 'origination',
    sni: tls.sni || undefined,
    subjectAltNames: nonEmpty(tls.subjectAltNames) ?? service.subjectAltNames,
    trust: trustOf(tls, mesh),
    certificate: !isMutual
      ? undefined
      : credentialName
        ? { kind: 'secret', name: secretName(credentialName) }
        : { kind: 'files', certificate: clientCertificate ?? '', privateKey: privateKey ?? '' },
  };
}

function trustOf(
  { insecureSkipVerify, credentialName, caCertificates, caCrl }: ClientTlsSettings,
  { meshConfig }: MeshSettings,
): Extract<OutboundTls, { kind: 'origination' }>['trust'] {
  if (insecureSkipVerify === true) return { kind: 'none' };
  if (credentialName) return { kind: 'secret', name: `${secretName(credentialName)}-cacert` };
  if (caCertificates === 'system') return { kind: 'system' };
  if (caCertificates) return { kind: 'file', path: caCertificates, crl: caCrl || undefined };
  return meshConfig.verifyCertificateAtClient ? { kind: 'system' } : { kind: 'none' };
}

/** How Istio's agents name a Kubernetes Secret. */
function secretName(credential: string): string {
  return credential.includes('://') ? credential : `kubernetes://${credential}`;
}

function nonEmpty<T>(list: readonly T[] | undefined): readonly T[] | undefined {
  return list === undefined || list.length === 0 ? undefined : list;
}
