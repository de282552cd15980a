import { messages } from '../../resources/finding-messages.ts';
import { type CustomResourceDefinition, kinds } from '../../resources/kinds.ts';
import { type AnalysisFinding, onObject } from '../analysis-finding.ts';
import type { Analyzer } from '../analyzer.ts';

const GROUP = 'gateway.networking.k8s.io';
const BUNDLE_VERSION = `${GROUP}/bundle-version`;

/** Istio's gatewayapi.MinimumCRDVersions: bundle versions below which it does not read a kind at all. */
const MINIMUM: Readonly<Record<string, string>> = {
  [`grpcroutes.${GROUP}`]: '1.1.0',
  [`backendtlspolicies.${GROUP}`]: '1.4.0',
  [`tlsroutes.${GROUP}`]: '1.5.0',
};

/** What istioctl's precheck asks of the definitions: which version of a kind must be served, now and later. */
const BETA: ReadonlySet<string> = new Set(['Gateway', 'GatewayClass', 'HTTPRoute', 'ReferenceGrant']);
const STABLE: ReadonlySet<string> = new Set(['Gateway', 'GatewayClass', 'HTTPRoute', 'GRPCRoute']);

export const crdVersion: Analyzer = {
  name: 'k8sgateway.CRDVersionAnalyzer',
  description: 'Checks Gateway API CRDs are at the minimum version required by this Istio version',
  analyze: ({ resources }) =>
    resources
      .of(kinds.customResourceDefinition)
      .flatMap((definition) => [...checkBundle(definition), ...checkServed(definition)]),
};

function checkBundle(definition: CustomResourceDefinition): AnalysisFinding[] {
  const { name: crd, annotations } = definition.metadata;
  const minimumVersion = MINIMUM[crd];
  const version = /^v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?=[-+]|$)/.exec(annotations[BUNDLE_VERSION] ?? '');
  if (minimumVersion === undefined || version === null) return [];
  const [, ...parts] = version;
  const installed = parts.map((part) => Number(part ?? 0));
  const wanted = minimumVersion.split('.').map(Number);
  // Pre-releases count as what they lead to.
  const at = wanted.findIndex((part, index) => part !== installed[index]);
  if (at === -1 || (installed[at] ?? 0) > (wanted[at] ?? 0)) return [];
  const args = { crd, version: installed.join('.'), minimumVersion };
  return [
    onObject(messages.GatewayAPICRDVersionBelowMinimum, definition, args, ['metadata', 'annotations', BUNDLE_VERSION]),
  ];
}

function checkServed(definition: CustomResourceDefinition): AnalysisFinding[] {
  const { group, names, versions = [] } = definition.spec;
  const kind = names?.kind ?? '';
  if (group !== GROUP) return [];
  const served = versions.filter((version) => version.served === true).map(({ name }) => name);
  const version = served.length === 0 ? 'none' : served.sort().join(',');
  const path = ['spec', 'versions'];
  return [
    ...(BETA.has(kind) && !served.includes('v1beta1')
      ? [onObject(messages.UnsupportedGatewayAPIVersion, definition, { version, minimumVersion: 'v1beta1' }, path)]
      : []),
    ...(STABLE.has(kind) && !served.includes('v1')
      ? [onObject(messages.FutureUnsupportedGatewayAPIVersion, definition, { version, minimumVersion: 'v1' }, path)]
      : []),
  ];
}
