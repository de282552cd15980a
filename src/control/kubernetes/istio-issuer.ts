import type { IssuerMaterial } from '../../ca/authority/issuer.ts';
import type { KubeClient } from './kube-client.ts';
import { decode, getSecret } from './secret-ca-store.ts';

/**
 * The issuer that Istio's Secrets hold: `cacerts`, which somebody has plugged in, or `istio-ca-secret`, which istiod has
 * made for itself. A mesh that moves to Foresail keeps its root by it.
 */
export async function readIstioIssuer(client: KubeClient, namespace: string): Promise<IssuerMaterial | undefined> {
  const plugged = (await getSecret(client, namespace, 'cacerts'))?.data;
  if (plugged !== undefined) {
    return {
      caCert: part(plugged, 'ca-cert.pem', 'tls.crt'),
      caKey: part(plugged, 'ca-key.pem', 'tls.key'),
      rootCert: part(plugged, 'root-cert.pem', 'ca.crt'),
      certChain: part(plugged, 'cert-chain.pem', 'tls.crt'),
    };
  }
  const own = (await getSecret(client, namespace, 'istio-ca-secret'))?.data;
  if (own === undefined) return undefined;
  const caCert = part(own, 'ca-cert.pem');
  return { caCert, caKey: part(own, 'ca-key.pem'), rootCert: caCert, certChain: '' };
}

/** Istio's name of it, or that of a Secret of type `kubernetes.io/tls`. */
function part(data: Readonly<Record<string, string>>, name: string, tlsName = name): string {
  return decode(data[name] ?? data[tlsName] ?? '');
}
