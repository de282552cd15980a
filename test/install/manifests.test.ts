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
    ['default', ['istiod', 'istio-ingressgateway']],
    ['demo', ['istiod', 'istio-ingressgateway', 'istio-egressgateway']],
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
              containers: [
                {
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

  it('give foresaild no more than it needs', () => {
    const { rules } = rendered()('ClusterRole istiod-clusterrole-istio-system') as unknown as {
      rules: { apiGroups: string[]; resources: string[]; verbs: string[]; resourceNames?: string[] }[];
    };
    expect(rules.flatMap(({ verbs }) => verbs)).not.toContain('*');
    expect(rules.flatMap(({ verbs }) => verbs)).not.toContain('delete');
    const secrets = rules.filter(({ resources }) => resources.includes('secrets')).flatMap(({ verbs }) => verbs);
    expect(secrets).toEqual(['get', 'list', 'watch']);
    const patched = rules.filter(
      ({ apiGroups, verbs }) => apiGroups.includes('admissionregistration.k8s.io') && verbs.includes('patch'),
    );
    expect(patched.every(({ resourceNames = [] }) => resourceNames.length > 0)).toBe(true);
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
