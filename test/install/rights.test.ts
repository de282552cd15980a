import { describe, expect, it } from 'vitest';
import { resolveInstallation } from '../../src/control/install/installation.ts';
import { render } from '../../src/control/install/render.ts';

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
}

const READS = 'get list watch';

/** Every right of foresaild, `[names]` where it is for these objects only, and what it is for. */
const IN_THE_CLUSTER: Readonly<Record<string, string>> = {
  'networking.istio.io/* get list watch': 'resources of the mesh',
  'security.istio.io/* get list watch': 'resources of the mesh',
  'telemetry.istio.io/* get list watch': 'resources of the mesh',
  'extensions.istio.io/* get list watch': 'resources of the mesh',
  'gateway.networking.k8s.io/* get list watch': 'resources of the mesh',
  'gateway.networking.x-k8s.io/* get list watch': 'resources of the mesh',
  'networking.istio.io/*/status patch': 'conditions, by server-side apply',
  'security.istio.io/*/status patch': 'conditions, by server-side apply',
  'telemetry.istio.io/*/status patch': 'conditions, by server-side apply',
  'extensions.istio.io/*/status patch': 'conditions, by server-side apply',
  'gateway.networking.k8s.io/*/status patch': 'conditions, by server-side apply',
  'gateway.networking.x-k8s.io/*/status patch': 'conditions, by server-side apply',
  [`/namespaces ${READS}`]: 'labels of namespaces; where the roots are to be',
  [`/nodes ${READS}`]: 'localities of endpoints',
  [`/pods ${READS}`]: 'workloads: labels, accounts, addresses',
  [`/services ${READS}`]: 'the registry',
  [`/serviceaccounts ${READS}`]: 'who may be in the mesh',
  [`/secrets ${READS}`]: 'certificates of gateways, in whatever namespace they are; the CA that was there before',
  [`/configmaps ${READS}`]: 'the mesh configuration; whether the roots are as they should be',
  [`discovery.k8s.io/endpointslices ${READS}`]: 'endpoints',
  [`apps/deployments ${READS}`]: 'names of workloads, for findings',
  [`apps/statefulsets ${READS}`]: 'names of workloads, for findings',
  [`apps/daemonsets ${READS}`]: 'names of workloads, for findings',
  [`networking.k8s.io/ingresses ${READS}`]: "Ingress of Istio's class",
  [`networking.k8s.io/ingressclasses ${READS}`]: "Ingress of Istio's class",
  'networking.k8s.io/ingresses/status patch': 'addresses of an Ingress',
  [`apiextensions.k8s.io/customresourcedefinitions ${READS}`]: 'which kinds there are',
  '/configmaps create': 'roots in a namespace that has none: what is created has no name that could be compared',
  '/configmaps patch [istio-ca-root-cert]': 'roots, as the CA rotates',
  'authentication.k8s.io/tokenreviews create': 'whether an agent is who its token says',
  'events.k8s.io/events create': 'refusals, where their object is looked at',
  [`admissionregistration.k8s.io/mutatingwebhookconfigurations ${READS}`]: 'whether their caBundle is ours',
  [`admissionregistration.k8s.io/validatingwebhookconfigurations ${READS}`]: 'whether their caBundle is ours',
  'admissionregistration.k8s.io/mutatingwebhookconfigurations patch [own]': 'their caBundle',
  'admissionregistration.k8s.io/validatingwebhookconfigurations patch [own]': 'their caBundle',
};
const IN_ITS_NAMESPACE: Readonly<Record<string, string>> = {
  '/secrets create': 'the CA, the first time',
  '/secrets update [foresail-ca]': 'the CA, as it rotates',
  'coordination.k8s.io/leases get create update': 'who leads; who writes the CA',
};
const OWN_WEBHOOKS =
  /^(istio-sidecar-injector|istio-validator-istio-system|istio-revision-tag-default|istiod-default-validator)$/;

function rightsOf(kind: 'ClusterRole' | 'Role'): string[] {
  const objects = render(resolveInstallation({ specs: [], sets: [] })).flatMap((component) => component.objects);
  const { rules } = objects.find((object) => object.kind === kind) as unknown as { rules: readonly Rule[] };
  return rules.flatMap(({ apiGroups, resources, verbs, resourceNames }) =>
    apiGroups.flatMap((group) =>
      resources.map((resource) => {
        const isOwn = resourceNames?.every((name) => OWN_WEBHOOKS.test(name));
        const names = resourceNames === undefined ? '' : ` [${isOwn ? 'own' : resourceNames.join(' ')}]`;
        return `${group}/${resource} ${verbs.join(' ')}${names}`;
      }),
    ),
  );
}

describe('the rights of foresaild', () => {
  it('in the cluster each have a reason', () => {
    expect(rightsOf('ClusterRole').sort()).toEqual(Object.keys(IN_THE_CLUSTER).sort());
  });

  it('in its own namespace each have a reason', () => {
    expect(rightsOf('Role').sort()).toEqual(Object.keys(IN_ITS_NAMESPACE).sort());
  });
});
