import { DEFAULT_REVISION, SYSTEM_NAMESPACES } from '../../injection/names.ts';
import { type Installation, withRevision } from '../installation.ts';
import type { KubeObject } from '../kube-object.ts';

const INJECT = 'sidecar.istio.io/inject';
const NAMESPACE = 'istio-injection';
const REVISION = 'istio.io/rev';
const TAG = 'istio.io/tag';
const API_VERSION = 'admissionregistration.k8s.io/v1';
const GROUPS = ['networking.istio.io', 'security.istio.io', 'telemetry.istio.io', 'extensions.istio.io'];

type Expression = { readonly key: string; readonly operator: string; readonly values?: readonly string[] };

const isIn = (key: string, ...values: string[]): Expression => ({ key, operator: 'In', values });
const notIn = (key: string, ...values: string[]): Expression => ({ key, operator: 'NotIn', values });
const absent = (key: string): Expression => ({ key, operator: 'DoesNotExist' });

/** Who answers: a service of this cluster, or a control plane elsewhere. */
export interface WebhookTarget {
  readonly namespace: string;
  readonly revision: string;
  /** `https://host:15017` */
  readonly url?: string | undefined;
}

export function webhookTarget({ namespace, revision, values, spec }: Installation): WebhookTarget {
  const remote = values.global.remotePilotAddress;
  const isRemote = spec.components.istiodRemote.enabled && remote !== undefined;
  return { namespace, revision, ...(isRemote && { url: `https://${remote}:15017` }) };
}

/** The injector's webhooks of a revision. */
export function injectorWebhooks(installation: Installation): KubeObject {
  const { namespace, revision, values } = installation;
  const name = withRevision('istio-sidecar-injector', revision);
  return mutating(namespace === 'istio-system' ? name : `${name}-${namespace}`, webhookTarget(installation), {
    name: revision,
    isDefault: revision === DEFAULT_REVISION,
    isByDefault: values.sidecarInjectorWebhook.enableNamespacesByDefault,
    labels: { app: 'sidecar-injector' },
  });
}

/** A tag: the same webhooks under another name, so that namespaces need not be labelled anew for a new revision. */
export function tagWebhooks(tag: string, target: WebhookTarget): KubeObject {
  const labels = { app: 'sidecar-injector', [TAG]: tag };
  const isDefault = tag === DEFAULT_REVISION;
  return mutating(`istio-revision-tag-${tag}`, target, { name: tag, isDefault, isByDefault: false, labels });
}

interface Names {
  /** By which namespaces and pods ask: a revision or a tag. */
  readonly name: string;
  readonly isDefault: boolean;
  readonly isByDefault: boolean;
  readonly labels: Readonly<Record<string, string>>;
}

/** The selectors exclude each other: no pod comes to two injectors, and a namespace that is labelled has the last word. */
function mutating(
  name: string,
  target: WebhookTarget,
  { name: rev, isDefault, isByDefault, labels }: Names,
): KubeObject {
  const wants: (readonly [string, readonly Expression[], readonly Expression[]])[] = [
    ['rev.namespace', [isIn(REVISION, rev), absent(NAMESPACE)], [notIn(INJECT, 'false')]],
    ['rev.object', [absent(REVISION), absent(NAMESPACE)], [notIn(INJECT, 'false'), isIn(REVISION, rev)]],
  ];
  if (isDefault) {
    wants.push(
      ['namespace', [isIn(NAMESPACE, 'enabled')], [notIn(INJECT, 'false')]],
      ['object', [absent(NAMESPACE), absent(REVISION)], [isIn(INJECT, 'true'), absent(REVISION)]],
    );
  }
  if (isDefault && isByDefault) {
    const others = notIn('kubernetes.io/metadata.name', ...SYSTEM_NAMESPACES);
    wants.push(['auto', [absent(NAMESPACE), absent(REVISION), others], [absent(INJECT), absent(REVISION)]]);
  }
  return {
    apiVersion: API_VERSION,
    kind: 'MutatingWebhookConfiguration',
    metadata: { name, labels: { ...labels, [REVISION]: target.revision } },
    webhooks: wants.map(([prefix, namespaces, objects]) => ({
      name: `${prefix}.sidecar-injector.istio.io`,
      clientConfig: clientConfig(target, '/inject'),
      admissionReviewVersions: ['v1'],
      sideEffects: 'None',
      // A pod without the proxy that it should have would speak past every policy.
      failurePolicy: 'Fail',
      reinvocationPolicy: 'Never',
      timeoutSeconds: 10,
      rules: [
        { operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'], scope: 'Namespaced' },
      ],
      namespaceSelector: { matchExpressions: namespaces },
      objectSelector: { matchExpressions: objects },
    })),
  };
}

/** Only kinds of Istio's groups ever wait for foresaild; while it is away they are accepted, and looked at when they are read. */
export function validatorWebhooks(installation: Installation): KubeObject {
  const { namespace, revision } = installation;
  const isDefault = revision === DEFAULT_REVISION;
  return validating(`${withRevision('istio-validator', revision)}-${namespace}`, webhookTarget(installation), {
    matchExpressions: [isDefault ? absent(REVISION) : isIn(REVISION, revision)],
  });
}

/** Validates what carries no revision, where the default is a tag. */
export function defaultValidator(target: WebhookTarget): KubeObject {
  return validating('istiod-default-validator', target, { matchExpressions: [absent(REVISION)] });
}

function validating(name: string, target: WebhookTarget, objectSelector: unknown): KubeObject {
  return {
    apiVersion: API_VERSION,
    kind: 'ValidatingWebhookConfiguration',
    metadata: { name, labels: { app: 'istiod', istio: 'istiod', [REVISION]: target.revision } },
    webhooks: [
      {
        name: 'rev.validation.istio.io',
        clientConfig: clientConfig(target, '/validate'),
        admissionReviewVersions: ['v1'],
        sideEffects: 'None',
        failurePolicy: 'Ignore',
        timeoutSeconds: 10,
        rules: [
          { operations: ['CREATE', 'UPDATE'], apiGroups: GROUPS, apiVersions: ['*'], resources: ['*'], scope: '*' },
        ],
        objectSelector,
      },
    ],
  };
}

function clientConfig({ namespace, revision, url }: WebhookTarget, path: string): unknown {
  if (url !== undefined) return { url: url + path };
  return { service: { name: withRevision('istiod', revision), namespace, path, port: 443 } };
}
