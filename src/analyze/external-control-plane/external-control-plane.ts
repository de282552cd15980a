import { isIP } from 'node:net';
import { messages } from '../../resources/finding-messages.ts';
import {
  kinds,
  type MutatingWebhookConfiguration,
  type ValidatingWebhookConfiguration,
} from '../../resources/kinds.ts';
import type { Webhook } from '../../resources/kubernetes/webhook-configuration.ts';
import { type AnalysisFinding, onObject } from '../analysis-finding.ts';
import type { Analyzer } from '../analyzer.ts';

/** RFC 6761 and 2606: these never resolve, so that no look-up is needed to know. */
const NEVER_RESOLVED = /(?:^|\.)(?:invalid|test|example)$/;

export const externalControlPlane: Analyzer = {
  name: 'externalcontrolplane.ExternalControlPlaneAnalyzer',
  description: 'Checks that the remote IstioOperator resources reference an external control plane',
  analyze: ({ resources }) => [
    ...resources
      .of(kinds.validatingWebhookConfiguration)
      .filter(({ metadata: { name } }) => name === 'istiod-default-validator' || name.startsWith('istio-validator'))
      .flatMap(checkAll),
    ...resources
      .of(kinds.mutatingWebhookConfiguration)
      .filter(({ metadata }) => metadata.name.startsWith('istio-sidecar-injector'))
      .flatMap(checkAll),
  ],
};

type Configuration = ValidatingWebhookConfiguration | MutatingWebhookConfiguration;

function checkAll(configuration: Configuration): AnalysisFinding[] {
  return configuration.webhooks.flatMap((hook, index) => check(configuration, hook, index));
}

function check(configuration: Configuration, { name: webhook, clientConfig }: Webhook, index: number) {
  const { url, service } = clientConfig;
  const path = ['webhooks', index, 'clientConfig', 'url'];
  const invalid = (hostname: string, msg: string): AnalysisFinding[] => [
    onObject(messages.InvalidExternalControlPlaneConfig, configuration, { hostname, webhook, msg }, path),
  ];
  if (url === undefined) return service === undefined ? invalid('', 'is blank') : [];
  if (!URL.canParse(url)) return invalid(url, 'was provided in an invalid format');
  const host = new URL(url).hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) !== 0) {
    return [
      onObject(messages.ExternalControlPlaneAddressIsNotAHostname, configuration, { hostname: url, webhook }, path),
    ];
  }
  if (host === '' || NEVER_RESOLVED.test(host)) return invalid(url, 'cannot be resolved via a DNS lookup');
  return [];
}
