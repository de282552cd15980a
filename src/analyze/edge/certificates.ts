import { createPrivateKey, X509Certificate } from 'node:crypto';
import { secretPem } from '../../mesh/gateway/secret-pem.ts';
import { messages } from '../../resources/finding-messages.ts';
import { kinds, type Secret } from '../../resources/kinds.ts';
import type { FieldPath } from '../../resources/resource.ts';
import { type AnalysisFinding, onPlace, type Subject } from '../analysis-finding.ts';
import type { Analyzer } from '../analyzer.ts';
import type { AnalysisContext } from '../context.ts';
import { credentialsOf, findSecret, gatewayNamespace } from '../gateway/secret.ts';

/** A use of a certificate, and for which hosts. */
interface Use {
  readonly subject: Subject;
  readonly path: FieldPath;
  readonly secret: Secret;
  readonly hosts: readonly string[];
  /** Istio's IST0161 is about those that cannot be read or are out of date. */
  readonly isIstios: boolean;
}

export const certificates: Analyzer = {
  name: 'foresail.CertificateAnalyzer',
  description: 'Checks the certificates in Secrets that gateways reference',
  analyze: (context) => [...classicUses(context), ...apiUses(context)].flatMap((use) => check(use, context.nowMs)),
};

function classicUses(context: AnalysisContext): Use[] {
  return context.resources.of(kinds.istioGateway).flatMap((gateway) =>
    credentialsOf(gateway).flatMap(({ name, index }): Use[] => {
      const namespace = gatewayNamespace(gateway, context);
      const secret = namespace === undefined ? undefined : findSecret(name, namespace, context);
      if (secret === undefined) return [];
      const hosts = (gateway.spec.servers?.[index]?.hosts ?? []).map((host) => host.slice(host.indexOf('/') + 1));
      const path = ['spec', 'servers', index, 'tls', 'credentialName'];
      return [{ subject: gateway, path, secret, hosts, isIstios: true }];
    }),
  );
}

function apiUses(context: AnalysisContext): Use[] {
  return context.resources.of(kinds.k8sGateway).flatMap((gateway) =>
    gateway.spec.listeners.flatMap(({ hostname, tls }, index) =>
      (tls?.certificateRefs ?? []).flatMap(({ kind, name, namespace }, at): Use[] => {
        const secret = findSecret(name, namespace ?? gateway.metadata.namespace, context);
        if (kind !== 'Secret' || secret === undefined) return [];
        const path = ['spec', 'listeners', index, 'tls', 'certificateRefs', at];
        return [{ subject: gateway, path, secret, hosts: hostname ? [hostname] : [], isIstios: false }];
      }),
    ),
  );
}

function check(
  { subject, path, secret: { metadata, ...body }, hosts, isIstios }: Use,
  nowMs: number,
): AnalysisFinding[] {
  const secret = `${metadata.namespace}/${metadata.name}`;
  const pem = secretPem({ metadata, ...body });
  const certificate = pem === undefined ? undefined : readCertificate(pem.certificate);
  if (pem === undefined || certificate === undefined) {
    return isIstios ? [] : [onPlace(messages.CertificateUnreadable, subject, { secret }, path)];
  }
  const found: AnalysisFinding[] = [];
  const { validFromDate, validToDate } = certificate;
  if (!isIstios && nowMs > validToDate.getTime()) {
    found.push(onPlace(messages.CertificateExpired, subject, { secret, date: day(validToDate) }, path));
  }
  if (!isIstios && nowMs < validFromDate.getTime()) {
    found.push(onPlace(messages.CertificateNotYetValid, subject, { secret, date: day(validFromDate) }, path));
  }
  if (!isKeyOf(pem.key, certificate)) found.push(onPlace(messages.CertificateKeyMismatch, subject, { secret }, path));
  const names = namesOf(certificate);
  for (const host of hosts) {
    if (host === '*' || covers(certificate, names, host)) continue;
    const args = { secret, host, names: names.length === 0 ? 'no host' : names.join(', ') };
    found.push(onPlace(messages.CertificateHostNotCovered, subject, args, path));
  }
  return found;
}

function readCertificate(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

function isKeyOf(key: string, certificate: X509Certificate): boolean {
  try {
    return certificate.checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
}

function namesOf({ subjectAltName = '' }: X509Certificate): string[] {
  return subjectAltName
    .split(', ')
    .filter((name) => name.startsWith('DNS:'))
    .map((name) => name.slice('DNS:'.length));
}

/** A wildcard host needs the same wildcard in the certificate, or that of a host is enough. */
function covers(certificate: X509Certificate, names: readonly string[], host: string): boolean {
  if (host.startsWith('*')) return names.some((name) => name.toLowerCase() === host.toLowerCase());
  return certificate.checkHost(host) !== undefined;
}

function day(date: Date): string {
  return date.toISOString().slice(0, 'yyyy-mm-dd'.length);
}
