import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Installation, resolveInstallation } from '../../src/control/install/installation.ts';
import { type KubeObject, nameOfObject } from '../../src/control/install/kube-object.ts';
import { operatorSpecIn, profileNames } from '../../src/control/install/profiles.ts';
import { plain, render } from '../../src/control/install/render.ts';
import { schemaProblems } from '../support/kubernetes-schema.ts';

const SEED = operatorSpecIn(
  readFileSync(join(import.meta.dirname, 'seed-operator.yaml'), 'utf8'),
  'seed-operator.yaml',
);

function objectsOf(installation: Installation): Map<string, KubeObject> {
  return new Map(
    render(installation)
      .flatMap(({ objects }) => objects)
      .map((object) => [nameOfObject(object), plain(object)]),
  );
}

function rendered(sets: readonly string[] = [], specs: readonly Readonly<Record<string, unknown>>[] = []) {
  const objects = objectsOf(resolveInstallation({ sets, specs }));
  return (name: string): KubeObject => {
    const object = objects.get(name);
    if (object === undefined) throw new Error(`${name} is not among ${[...objects.keys()].join(', ')}`);
    return object;
  };
}

const ISTIOD = 'Deployment istio-system/istiod';
const INGRESS = 'Deployment istio-system/istio-ingressgateway';

describe('the manifests', () => {
  it.each(profileNames())('of profile %s have no field that Kubernetes does not know', (profile) => {
    for (const object of objectsOf(resolveInstallation({ specs: [], sets: [`profile=${profile}`] })).values()) {
      expect([nameOfObject(object), ...schemaProblems(object)]).toEqual([nameOfObject(object)]);
    }
  });

  it.each([
    ['default', ['istiod', 'istio-ingressgateway', 'foresail-cluster-gateway']],
    ['demo', ['istiod', 'istio-ingressgateway', 'istio-egressgateway', 'foresail-cluster-gateway']],
    ['minimal', ['istiod']],
    ['empty', []],
    ['remote', []],
  ])('of profile %s run %j', (profile, names) => {
    const objects = [...objectsOf(resolveInstallation({ specs: [], sets: [`profile=${profile}`] })).values()];
    expect(objects.filter(({ kind }) => kind === 'Deployment').map(({ metadata }) => metadata.name)).toEqual(names);
  });

  it('run nothing as root, nothing that could become it, and nothing on a file system that can be written', () => {
    for (const object of objectsOf(resolveInstallation({ specs: [], sets: ['profile=demo'] })).values()) {
      if (object.kind !== 'Deployment') continue;
      expect(object).toMatchObject({
        spec: {
          template: {
            spec: {
              securityContext: { seccompProfile: { type: 'RuntimeDefault' } },
              topologySpreadConstraints: [
                { topologyKey: 'topology.kubernetes.io/zone' },
                { topologyKey: 'kubernetes.io/hostname' },
              ],
              containers: [
                {
                  resources: { requests: { cpu: expect.any(String), memory: expect.any(String) } },
                  readinessProbe: expect.any(Object),
                  startupProbe: expect.any(Object),
                  securityContext: {
                    runAsNonRoot: true,
                    allowPrivilegeEscalation: false,
                    readOnlyRootFilesystem: true,
                    capabilities: { drop: ['ALL'] },
                  },
                },
              ],
            },
          },
        },
      });
    }
  });

  it('follow the IstioOperator of an article, unmodified', () => {
    const get = rendered(['revision=1-20-1'], [SEED]);
    expect(get('Deployment istio-system/istiod-1-20-1')).toMatchObject({ spec: { replicas: 2 } });
    expect(get(INGRESS)).toMatchObject({ spec: { replicas: 2 } });
    expect(get('Deployment istio-system/istio-egressgateway')).toMatchObject({ spec: { replicas: 2 } });
    const values = (get('ConfigMap istio-system/istio-sidecar-injector-1-20-1').data as { values: string }).values;
    expect(JSON.parse(values).global.proxy.resources).toEqual({
      limits: { memory: '100Mi' },
      requests: { memory: '100Mi' },
    });
  });

  it('follow every setting of k8s', () => {
    const k8s = {
      replicaCount: 3,
      resources: { requests: { cpu: '5' } },
      env: [{ name: 'A', value: 'b' }],
      nodeSelector: { disk: 'ssd' },
      tolerations: [{ key: 'edge', operator: 'Exists' }],
      affinity: { nodeAffinity: {} },
      priorityClassName: 'high',
      podAnnotations: { own: '1' },
      podDisruptionBudget: { maxUnavailable: 2 },
      serviceAnnotations: { lb: 'internal' },
      service: { type: 'NodePort' },
      strategy: { type: 'Recreate' },
      overlays: [
        {
          kind: 'Deployment',
          name: 'istio-ingressgateway',
          patches: [
            { path: 'spec.template.spec.containers.[name:istio-proxy].args.[-1]', value: '--more' },
            { path: 'spec.template.spec.containers.[name:istio-proxy].env.[name:A].value', value: 'c' },
            { path: 'metadata.annotations.a\\.b/c', value: 'd' },
          ],
        },
      ],
    };
    const get = rendered(
      [],
      [{ components: { ingressGateways: [{ name: 'istio-ingressgateway', enabled: true, k8s }] } }],
    );
    const { metadata, spec } = get(INGRESS) as unknown as {
      metadata: object;
      spec: {
        template: { metadata: object; spec: { containers: [{ args: string[]; env: object[]; resources: object }] } };
      };
    };
    expect(metadata).toMatchObject({ annotations: { 'a.b/c': 'd' } });
    expect(spec).toMatchObject({
      replicas: 3,
      strategy: { type: 'Recreate' },
      template: {
        metadata: { annotations: { own: '1' } },
        spec: {
          nodeSelector: { disk: 'ssd' },
          tolerations: k8s.tolerations,
          affinity: k8s.affinity,
          priorityClassName: 'high',
        },
      },
    });
    const [proxy] = spec.template.spec.containers;
    expect(proxy.args.at(-1)).toBe('--more');
    expect(proxy.env).toContainEqual({ name: 'A', value: 'c' });
    expect(proxy.resources).toEqual(k8s.resources);
    expect(get('Service istio-system/istio-ingressgateway')).toMatchObject({
      metadata: { annotations: { lb: 'internal' } },
      spec: { type: 'NodePort' },
    });
    expect(get('PodDisruptionBudget istio-system/istio-ingressgateway')).toMatchObject({ spec: { maxUnavailable: 2 } });
    expect(() => get('HorizontalPodAutoscaler istio-system/istio-ingressgateway')).toThrow('is not among');
  });

  it('scale by themselves unless a number is given', () => {
    const get = rendered(['values.pilot.autoscaleMax=9']);
    expect(get(ISTIOD).spec).not.toHaveProperty('replicas');
    expect(get('HorizontalPodAutoscaler istio-system/istiod')).toMatchObject({
      spec: { minReplicas: 1, maxReplicas: 9 },
    });
    const hpaSpec = { minReplicas: 4, maxReplicas: 6 };
    const own = rendered([], [{ components: { pilot: { k8s: { hpaSpec } } } }]);
    expect(own('HorizontalPodAutoscaler istio-system/istiod')).toMatchObject({ spec: hpaSpec });
  });

  it('take --set over files over the profile', () => {
    const spec = { hub: 'example.com/mesh', tag: 7, values: { pilot: { replicaCount: 2 } } };
    const get = rendered(
      ['values.pilot.replicaCount=4', 'tag=v8', 'components.ingressGateways[0].enabled=false'],
      [spec],
    );
    expect(get(ISTIOD)).toMatchObject({
      spec: { replicas: 4, template: { spec: { containers: [{ image: 'example.com/mesh/foresaild:v8' }] } } },
    });
    expect(() => get(INGRESS)).toThrow('is not among');
  });

  it('publish where values.edge says, with what is in a Secret and nowhere else', () => {
    const get = rendered([
      'values.edge.kvNamespaceId=kv1',
      'values.edge.accountId=acc',
      'values.edge.urls[0]=https://e',
    ]);
    const { spec } = get(ISTIOD) as unknown as {
      spec: { template: { spec: { containers: [{ args: string[]; env: { name: string }[] }] } } };
    };
    const [{ args, env }] = spec.template.spec.containers;
    expect(args.join(' ')).toContain(
      '--mesh foresail --link-secret foresail-link --gateway-listen 0.0.0.0:8080 --edge https://e',
    );
    const from = (key: string, optional?: true) => ({
      secretKeyRef: { name: 'foresail-edge', key, ...(optional && { optional }) },
    });
    expect(env.slice(-6)).toEqual([
      { name: 'CLOUDFLARE_ACCOUNT_ID', value: 'acc' },
      { name: 'FORESAIL_KV_NAMESPACE_ID', value: 'kv1' },
      { name: 'CLOUDFLARE_API_TOKEN', valueFrom: from('api-token') },
      { name: 'FORESAIL_SIGN_KEY', valueFrom: from('sign-key', true) },
      { name: 'FORESAIL_ADMIN_TOKEN', valueFrom: from('admin-token', true) },
      { name: 'FORESAIL_TELEMETRY_TOKEN', valueFrom: from('telemetry-token', true) },
    ]);
    expect(JSON.stringify(rendered()(ISTIOD))).not.toContain('CLOUDFLARE');
  });

  it('open a cluster gateway to a tunnel or a load balancer of the same cluster, and to more where that is asked for', () => {
    const name = 'Service istio-system/foresail-cluster-gateway';
    expect(rendered()(name)).toMatchObject({
      spec: {
        type: 'ClusterIP',
        selector: { 'foresail.dev/cluster-gateway': 'true' },
        ports: [{ name: 'http', port: 80, targetPort: 8080 }],
      },
    });
    const get = rendered(['values.gateways.foresail-cluster-gateway.type=LoadBalancer']);
    expect(get(name)).toMatchObject({ spec: { type: 'LoadBalancer' } });
  });

  it('take labels of a gateway, and a lifecycle of every proxy, from Helm values', () => {
    const lifecycle = { preStop: { exec: { command: ['sleep', '5'] } } };
    const gateways = { 'istio-ingressgateway': { labels: { istio: 'own' } } };
    const get = rendered([], [{ values: { global: { proxy: { lifecycle } }, gateways } }]);
    expect(get(INGRESS)).toMatchObject({
      spec: {
        selector: { matchLabels: { app: 'istio-ingressgateway', istio: 'own' } },
        template: { spec: { containers: [{ lifecycle }] } },
      },
    });
  });

  it('keep the security context of pods where k8s.securityContext adds to it', () => {
    const k8s = { securityContext: { fsGroup: 7 } };
    const get = rendered([], [{ components: { pilot: { k8s } } }]);
    expect(get(ISTIOD)).toMatchObject({
      spec: { template: { spec: { securityContext: { fsGroup: 7, seccompProfile: { type: 'RuntimeDefault' } } } } },
    });
  });

  it('tell slips from what has no effect here', () => {
    const { warnings } = resolveInstallation({
      specs: [
        {
          profil: 'demo',
          components: { ingressGatways: [], pilot: { k8s: { hpaSpecs: {}, env: [{ name: 'A', value: 'b' }] } } },
          values: { pilot: { autoscaleMni: 3 }, global: { proxy: { privileged: true } }, telemetry: { enabled: true } },
        },
      ],
      sets: [],
    });
    expect(warnings).toEqual([
      'spec.components.pilot.k8s.hpaSpecs is not known. Did you mean hpaSpec?',
      'spec.components.ingressGatways is not known. Did you mean ingressGateways?',
      'spec.profil is not known. Did you mean profile?',
      'spec.values.pilot.autoscaleMni is not known. Did you mean autoscaleMin?',
      'without effect here: spec.values.global.proxy.privileged, spec.values.telemetry',
    ]);
    expect(resolveInstallation({ specs: [SEED], sets: [] }).warnings).toEqual([]);
  });

  it('are not made where an overlay fits nothing', () => {
    const overlays = [{ kind: 'Deployment', name: 'istoid', patches: [] }];
    expect(() => rendered([], [{ components: { pilot: { k8s: { overlays } } } }])).toThrow(
      'the overlay for Deployment istoid fits nothing',
    );
  });

  it.each(['1.20.1', 'A', '-x', 'x-', 'x'.repeat(57), 'a_b', 'a b'])('are not made for a revision %s', (revision) => {
    expect(() => resolveInstallation({ specs: [], sets: [], revision })).toThrow('is no name of a revision');
  });

  it("do not look for foresaild among Istio's images, and say so", () => {
    const { hub, tag, warnings } = resolveInstallation({
      specs: [{ hub: 'docker.io/istio', tag: '1.20.1' }],
      sets: [],
    });
    expect([hub, tag]).toEqual(['foresail', 'latest']);
    expect(warnings[0]).toContain("holds Istio's images");
  });

  it.each([
    [['profile=dmeo'], 'there is no profile dmeo'],
    [['components.pilot.k8s.replicaCount=many'], 'spec.components.pilot.k8s.replicaCount'],
    [['values.global.proxy.statusPort=x'], 'values.global.proxy.statusPort'],
    [['nothing'], 'is no assignment'],
    [['components.ingressGateways[5].enabled=true'], 'there is no entry 5'],
    [['__proto__.x=1'], 'names no field'],
    [['revision=1.20'], 'spec.revision'],
    [['values.edge.urls=x'], 'values.edge.urls'],
    [['values.gateways.istio-ingressgateway.type=Loadbalancer'], 'values.gateways.istio-ingressgateway.type'],
    [['meshConfig.trustDomain=[1]'], 'spec.meshConfig'],
  ])('are refused with a reason: %j', (sets, why) => {
    let said = '';
    try {
      objectsOf(resolveInstallation({ specs: [], sets }));
    } catch (error) {
      const { message, why: cause = '' } = error as { message: string; why?: string };
      said = `${message} ${cause}`;
    }
    expect(said).toContain(why);
  });
});
