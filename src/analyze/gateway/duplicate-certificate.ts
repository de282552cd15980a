import { labelsMatch } from '../../mesh/labels.ts';
import { messages } from '../../resources/finding-messages.ts';
import type { ServerTlsSettings } from '../../resources/istio/server-tls.ts';
import { type IstioGateway, kinds } from '../../resources/kinds.ts';
import { type AnalysisFinding, onField } from '../analysis-finding.ts';
import type { Analyzer } from '../analyzer.ts';

export const duplicateCertificate: Analyzer = {
  name: 'gateway.CertificateAnalyzer',
  description: 'Checks a gateway certificate',
  analyze: ({ resources }) => {
    const gateways = resources.of(kinds.istioGateway);
    const byCertificate = new Map<string, IstioGateway[]>();
    for (const gateway of gateways) {
      for (const key of certificatesOf(gateway)) {
        const list = byCertificate.get(key);
        if (list === undefined) byCertificate.set(key, [gateway]);
        else list.push(gateway);
      }
    }
    return gateways.flatMap((gateway) => {
      const others = new Set([...certificatesOf(gateway)].flatMap((key) => byCertificate.get(key) ?? []));
      return [...others]
        .filter((other) => other !== gateway && isServedToo(gateway, other))
        .map((other) => tell(gateway, other));
    });
  },
};

/** Whether every pod of `other` serves `gateway` as well. */
function isServedToo(gateway: IstioGateway, other: IstioGateway): boolean {
  return labelsMatch(gateway.spec.selector, other.spec.selector ?? {});
}

function tell(gateway: IstioGateway, other: IstioGateway): AnalysisFinding {
  const gateways = [gateway, other].map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
  return onField(messages.GatewayDuplicateCertificate, gateway, { gateways }, ['metadata', 'name']);
}

function certificatesOf({ spec }: IstioGateway): ReadonlySet<string> {
  return new Set((spec.servers ?? []).flatMap(({ tls }) => (tls === undefined ? [] : keyOf(tls))));
}

function keyOf({ credentialName, serverCertificate, privateKey }: ServerTlsSettings): string[] {
  if (credentialName) return [`credential ${credentialName}`];
  return serverCertificate && privateKey ? [`files ${JSON.stringify([serverCertificate, privateKey])}`] : [];
}
