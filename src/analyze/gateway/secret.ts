import { X509Certificate } from 'node:crypto';
import { secretPem } from '../../mesh/gateway/secret-pem.ts';
import { messages } from '../../resources/finding-messages.ts';
import { type IstioGateway, kinds, type Secret } from '../../resources/kinds.ts';
import { type AnalysisFinding, onField } from '../analysis-finding.ts';
import type { Analyzer } from '../analyzer.ts';
import type { AnalysisContext } from '../context.ts';
import { gatewayPods, selectorNotFound } from './gateway-pods.ts';

export const gatewaySecret: Analyzer = {
  name: 'gateway.SecretAnalyzer',
  description: "Checks a gateway's referenced secrets for correctness",
  analyze: (context) =>
    context.resources.of(kinds.istioGateway).flatMap((gateway): AnalysisFinding[] => {
      const namespace = gatewayNamespace(gateway, context);
      if (namespace === undefined) return [selectorNotFound(gateway)];
      const { name: gatewayName } = gateway.metadata;
      return credentialsOf(gateway).flatMap(({ name, index }) => {
        const path = ['spec', 'servers', index, 'tls', 'credentialName'];
        const secret = findSecret(name, namespace, context);
        if (secret === undefined) {
          const args = { reftype: 'credentialName', refval: name };
          return [onField(messages.ReferencedResourceNotFound, gateway, args, path)];
        }
        if (isUsable(secret, context.nowMs)) return [];
        const args = { gatewayName, gatewayNamespace: namespace };
        return [onField(messages.InvalidGatewayCredential, gateway, args, path)];
      });
    }),
};

export function credentialsOf({ spec }: IstioGateway): { readonly name: string; readonly index: number }[] {
  return (spec.servers ?? []).flatMap(({ tls }, index) =>
    tls?.credentialName ? [{ name: tls.credentialName, index }] : [],
  );
}

/** Secrets are read where the gateway's pods are, not where the Gateway is. */
export function gatewayNamespace(gateway: IstioGateway, context: AnalysisContext): string | undefined {
  const pods = gatewayPods(gateway, context);
  // The user's own before the one that is taken for granted.
  return (pods.find(({ pod }) => pod === undefined || pod.originOf().file !== undefined) ?? pods[0])?.namespace;
}

export function findSecret(name: string, namespace: string, { resources }: AnalysisContext): Secret | undefined {
  const slash = name.indexOf('/');
  const [wantedNamespace, wantedName] =
    slash === -1 ? [namespace, name] : [name.slice(0, slash), name.slice(slash + 1)];
  return resources
    .of(kinds.secret)
    .find(({ metadata }) => metadata.name === wantedName && metadata.namespace === wantedNamespace);
}

/** Istio's xds.ValidateCertificate: it can be read, and today is within its dates. */
function isUsable(secret: Secret, nowMs: number): boolean {
  const pem = secretPem(secret);
  if (pem === undefined) return false;
  try {
    const { validFromDate, validToDate } = new X509Certificate(pem.certificate);
    return nowMs >= validFromDate.getTime() && nowMs <= validToDate.getTime();
  } catch {
    return false;
  }
}
