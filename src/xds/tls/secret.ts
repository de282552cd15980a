import { create } from '@bufbuild/protobuf';
import type { ConfigOrigin } from '../../engine/values.ts';
import { SecretSchema } from '../gen/envoy/extensions/transport_sockets/tls/v3/secret_pb.ts';
import { encoded, type XdsResource } from '../resource.ts';

/** PEM, the leaf first. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

export function certificateSecret(name: string, { cert, key }: KeyPair, origin: ConfigOrigin | undefined): XdsResource {
  const secret = create(SecretSchema, {
    name,
    type: { case: 'tlsCertificate', value: { certificateChain: inline(cert), privateKey: inline(key) } },
  });
  return encoded(SecretSchema, name, secret, origin);
}

/** Whom to trust; `crl`: whom of them no longer. */
export function trustSecret(
  name: string,
  roots: string,
  origin: ConfigOrigin | undefined,
  crl: string | undefined = undefined,
): XdsResource {
  const secret = create(SecretSchema, {
    name,
    type: {
      case: 'validationContext',
      value: {
        trustedCa: inline(roots),
        // Otherwise a CA above that publishes no list would make every chain fail.
        ...(crl === undefined ? {} : { crl: inline(crl), onlyVerifyLeafCertCrl: true }),
      },
    },
  });
  return encoded(SecretSchema, name, secret, origin);
}

function inline(text: string): { specifier: { case: 'inlineBytes'; value: Uint8Array } } {
  return { specifier: { case: 'inlineBytes', value: Buffer.from(text, 'utf8') } };
}
