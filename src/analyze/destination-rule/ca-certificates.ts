import { messages } from '../../resources/finding-messages.ts';
import type { ClientTlsSettings } from '../../resources/istio/client-tls.ts';
import { type DestinationRule, kinds } from '../../resources/kinds.ts';
import { type AnalysisFinding, onField } from '../analysis-finding.ts';
import type { Analyzer } from '../analyzer.ts';

export const caCertificates: Analyzer = {
  name: 'destinationrule.CaCertificateAnalyzer',
  description: 'Checks if caCertificates is set when TLS mode is SIMPLE/MUTUAL',
  analyze: ({ resources }) => resources.of(kinds.destinationRule).flatMap(check),
};

function check(rule: DestinationRule): AnalysisFinding[] {
  const { namespace, name } = rule.metadata;
  const { host, trafficPolicy } = rule.spec;
  const args = { destinationrule: `${namespace}/${name}`, namespace, host };
  const found: AnalysisFinding[] = [];
  const tls = trafficPolicy?.tls;
  if (isUnverified(tls, rule)) {
    const path = ['spec', 'trafficPolicy', 'tls', 'caCertificates'];
    const mode = tls?.mode ?? '';
    found.push(onField(messages.NoServerCertificateVerificationDestinationLevel, rule, { ...args, mode }, path));
  }
  for (const [index, settings] of (trafficPolicy?.portLevelSettings ?? []).entries()) {
    if (!isUnverified(settings.tls, rule)) continue;
    const path = ['spec', 'trafficPolicy', 'portLevelSettings', index, 'tls', 'caCertificates'];
    const more = { mode: settings.tls?.mode ?? '', port: `number:${settings.port?.number ?? 0}` };
    found.push(onField(messages.NoServerCertificateVerificationPortLevel, rule, { ...args, ...more }, path));
  }
  return found;
}

/** A credential holds the CA too; it is read only with a workload selector. */
function isUnverified(tls: ClientTlsSettings | undefined, { spec }: DestinationRule): boolean {
  if (tls?.mode !== 'SIMPLE' && tls?.mode !== 'MUTUAL') return false;
  return !tls.caCertificates && !(tls.credentialName && spec.workloadSelector !== undefined);
}
