import 'reflect-metadata';
import { create } from '@bufbuild/protobuf';
import { cryptoProvider, PemConverter, X509CertificateGenerator } from '@peculiar/x509';
import {
  type DownstreamTlsContext,
  DownstreamTlsContextSchema,
} from '../../src/xds/gen/envoy/extensions/transport_sockets/tls/v3/tls_pb.ts';

/** A server certificate for any name: the client of these tests checks none. */
export async function selfSignedContext(): Promise<DownstreamTlsContext> {
  cryptoProvider.set(crypto);
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=parity',
    keys,
    signingAlgorithm: algorithm,
    notAfter: new Date(Date.now() + 86_400_000),
  });
  const key = PemConverter.encode(await crypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY');
  const inline = (value: string) => ({ specifier: { case: 'inlineString' as const, value } });
  return create(DownstreamTlsContextSchema, {
    commonTlsContext: {
      tlsCertificates: [{ certificateChain: inline(certificate.toString('pem')), privateKey: inline(key) }],
      alpnProtocols: ['http/1.1'],
    },
  });
}
