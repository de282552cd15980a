import type { V1Pod } from '@kubernetes/client-node';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseProbes } from '../../../src/agent/status/probe.ts';
import { injectPod } from '../../../src/control/injection/inject-pod.ts';
import { isPod } from '../../../src/control/injection/is-pod.ts';
import { jsonPatch } from '../../../src/control/injection/json-patch.ts';
import { DEFAULT_INJECTION, type InjectionSettings } from '../../../src/control/injection/settings.ts';
import { jsonPatch as applyPatch } from '../../support/api-server/patch.ts';
import { schemaProblems } from '../../support/kubernetes-schema.ts';
import { anyPod } from './pods.ts';

const APP = { name: 'web', image: 'web:1', ports: [{ name: 'http', containerPort: 8080 }] };

function pod(changes: { annotations?: Record<string, string>; spec?: object; metadata?: object } = {}): V1Pod {
  const { annotations, spec, metadata } = changes;
  const value: unknown = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web-1', labels: { app: 'web' }, ...(annotations && { annotations }), ...metadata },
    spec: { containers: [APP], ...spec },
  };
  if (!isPod(value)) throw new Error('no pod');
  return value;
}

function injected(given: V1Pod, settings: Partial<InjectionSettings> = {}) {
  const outcome = injectPod(given, 'shop', { ...DEFAULT_INJECTION, ...settings });
  if (outcome.kind !== 'injected') throw new Error(JSON.stringify(outcome));
  const { containers = [], initContainers = [], volumes = [] } = outcome.pod.spec ?? {};
  const proxy = [...initContainers, ...containers].find(({ name }) => name === 'istio-proxy');
  if (proxy === undefined) throw new Error('no proxy');
  const env = Object.fromEntries((proxy.env ?? []).map(({ name, value }) => [name, value]));
  return { ...outcome, containers, initContainers, volumes, proxy, env };
}

const names = (list: readonly { readonly name: string }[]): string[] => list.map(({ name }) => name);

describe('an injected pod', () => {
  it('whatever the pod was, is valid, is not injected again, and differs by a patch that leads there', () => {
    fc.assert(
      fc.property(anyPod, fc.boolean(), (value, isCaptureByCni) => {
        if (!isPod(value)) throw new Error('no pod');
        const settings = { ...DEFAULT_INJECTION, isCaptureByCni, imagePullSecrets: [{ name: 'foresail' }] };
        const before = structuredClone(value);
        const outcome = injectPod(value, 'shop', settings);
        expect(value).toEqual(before);
        if (outcome.kind === 'refused') throw new Error(outcome.why);
        if (outcome.kind === 'skipped') return;
        expect(schemaProblems(outcome.pod)).toEqual([]);
        const { containers = [], initContainers = [] } = outcome.pod.spec ?? {};
        const all = names([...initContainers, ...containers]);
        expect(new Set(all).size).toBe(all.length);
        expect(all.filter((name) => name === 'istio-proxy')).toHaveLength(1);
        expect(injectPod(outcome.pod, 'shop', settings).kind).toBe('skipped');

        const operations = jsonPatch(value, outcome.pod);
        expect(applyPatch(structuredClone(value), operations)).toEqual(JSON.parse(JSON.stringify(outcome.pod)));
        // Minimal: without any one of them something would be missing.
        expect(new Set(operations.map(({ path }) => path)).size).toBe(operations.length);
        expect(operations.filter(({ path }) => ['', '/metadata', '/spec', '/spec/containers'].includes(path))).toEqual(
          [],
        );
        const agentsProbes = [...initContainers, ...containers].flatMap(({ env = [] }) => env);
        const probes = agentsProbes.find(({ name }) => name === 'ISTIO_KUBE_APP_PROBERS')?.value;
        expect(() => parseProbes(probes ?? '{}')).not.toThrow();
      }),
      { numRuns: 1_000 },
    );
  });

  it('has a native sidecar after the rules of capture and before what else initialises', () => {
    const { initContainers, containers, proxy } = injected(
      pod({ spec: { initContainers: [{ name: 'migrate', image: 'm' }] } }),
    );
    expect(names(initContainers)).toEqual(['istio-init', 'istio-proxy', 'migrate']);
    expect(names(containers)).toEqual(['web']);
    expect(proxy).toMatchObject({
      restartPolicy: 'Always',
      lifecycle: { preStop: { exec: { command: ['foresail', 'agent', 'drain'] } } },
      startupProbe: { httpGet: { path: '/healthz/ready', port: 15021 } },
      securityContext: { runAsUser: 1337, runAsGroup: 1337, readOnlyRootFilesystem: true },
    });
  });

  it('has a sidecar among its containers where its annotation says so, the first one where the application waits for it', () => {
    const plain = { 'sidecar.istio.io/nativeSidecar': 'false' };
    const last = injected(pod({ annotations: plain }));
    expect(names(last.containers)).toEqual(['web', 'istio-proxy']);
    expect(names(last.initContainers)).toEqual(['istio-init']);
    expect(last.proxy).not.toHaveProperty('restartPolicy');
    const held = injected(
      pod({ annotations: { ...plain, 'proxy.istio.io/config': 'holdApplicationUntilProxyStarts: true' } }),
    );
    expect(names(held.containers)).toEqual(['istio-proxy', 'web']);
    expect(held.proxy.lifecycle?.postStart?.exec?.command).toEqual(['foresail', 'agent', 'wait']);
  });

  it('only checks the rules of capture where a CNI plugin makes them', () => {
    const { initContainers } = injected(pod(), { isCaptureByCni: true });
    expect(names(initContainers)).toEqual(['istio-validation', 'istio-proxy']);
    expect(initContainers[0]?.args?.slice(-2)).toEqual(['--run-validation', '--skip-rule-apply']);
    expect(initContainers[0]?.securityContext).toMatchObject({ runAsUser: 1337, capabilities: { drop: ['ALL'] } });
  });

  it('takes the capture that its annotations ask for', () => {
    const { initContainers, env } = injected(
      pod({
        annotations: {
          'traffic.sidecar.istio.io/excludeInboundPorts': '9090',
          'traffic.sidecar.istio.io/includeOutboundIPRanges': '10.0.0.0/8',
          'traffic.sidecar.istio.io/excludeOutboundPorts': '3306',
        },
      }),
    );
    expect(initContainers[0]?.args).toEqual(
      'iptables -p 15001 -z 15006 -u 1337 -m REDIRECT -i 10.0.0.0/8 -x  -b * -d 15090,15021,15020,9090 -o 3306'.split(
        ' ',
      ),
    );
    expect(env.ISTIO_META_INTERCEPTION_MODE).toBe('REDIRECT');
    const none = injected(pod({ annotations: { 'sidecar.istio.io/interceptionMode': 'NONE' } }));
    expect(names(none.initContainers)).toEqual(['istio-proxy']);
    expect(none.env.ISTIO_META_INTERCEPTION_MODE).toBe('NONE');
  });

  it('is asked for its health by way of the agent, which knows what to ask', () => {
    const probes = {
      livenessProbe: { httpGet: { path: '/live', port: 'http', scheme: 'HTTPS' }, periodSeconds: 7 },
      readinessProbe: { grpc: { port: 9000, service: 'shop' }, timeoutSeconds: 3 },
      startupProbe: { exec: { command: ['true'] } },
    };
    const { containers, env } = injected(
      pod({
        spec: {
          containers: [
            { ...APP, ...probes },
            { name: 'db', image: 'd', livenessProbe: { tcpSocket: { port: 5432 } } },
          ],
        },
      }),
    );
    expect(containers[0]).toMatchObject({
      livenessProbe: { httpGet: { path: '/app-health/web/livez', port: 15020 }, periodSeconds: 7 },
      readinessProbe: { httpGet: { path: '/app-health/web/readyz', port: 15020 }, timeoutSeconds: 3 },
      startupProbe: probes.startupProbe,
    });
    expect(Object.fromEntries(parseProbes(env.ISTIO_KUBE_APP_PROBERS ?? ''))).toEqual({
      '/app-health/web/livez': {
        timeoutMs: 1000,
        action: { kind: 'http', port: 8080, path: '/live', isTls: true, headers: {} },
      },
      '/app-health/web/readyz': { timeoutMs: 3000, action: { kind: 'grpc', port: 9000, service: 'shop' } },
      '/app-health/db/livez': { timeoutMs: 1000, action: { kind: 'tcp', port: 5432 } },
    });
  });

  it('has its handlers called by way of the agent', () => {
    const lifecycle = {
      preStop: { httpGet: { path: '/bye', port: 'http' } },
      postStart: { exec: { command: ['true'] } },
    };
    const { containers, env } = injected(pod({ spec: { containers: [{ ...APP, lifecycle }] } }));
    expect(containers[0]?.lifecycle).toEqual({
      ...lifecycle,
      preStop: { httpGet: { path: '/app-lifecycle/web/prestopz', port: 15020 } },
    });
    expect(Object.fromEntries(parseProbes(env.ISTIO_KUBE_APP_PROBERS ?? ''))).toEqual({
      '/app-lifecycle/web/prestopz': {
        timeoutMs: 30_000,
        action: { kind: 'http', port: 8080, path: '/bye', isTls: false, headers: {} },
      },
    });
  });

  it('leaves addresses of IPv6 out of its capture as it does those of IPv4', () => {
    const { initContainers } = injected(
      pod({ annotations: { 'traffic.sidecar.istio.io/excludeOutboundIPRanges': 'fd00::/8,10.0.0.0/8,::1' } }),
    );
    const args = initContainers[0]?.args ?? [];
    expect(args[args.indexOf('-x') + 1]).toBe('fd00::/8,10.0.0.0/8,::1');
  });

  it('keeps the group of its files, and its own user', () => {
    const securityContext = { fsGroup: 2000, runAsUser: 1000, runAsNonRoot: true };
    const { pod: result, proxy } = injected(pod({ spec: { securityContext } }));
    expect(result.spec?.securityContext).toEqual(securityContext);
    expect(proxy.securityContext).toMatchObject({ runAsUser: 1337, runAsGroup: 1337 });
  });

  it('keeps a probe whose port has no number, and says so', () => {
    const livenessProbe = { httpGet: { path: '/', port: 'nowhere' } };
    const { containers, warnings } = injected(pod({ spec: { containers: [{ ...APP, livenessProbe }] } }));
    expect(containers[0]?.livenessProbe).toEqual(livenessProbe);
    expect(warnings).toEqual(['web.livenessProbe stays as it is: the container has no port with the name nowhere']);
  });

  it('is scraped at the agent, which knows where the application has its own figures', () => {
    const { env, pod: result } = injected(
      pod({
        annotations: { 'prometheus.io/scrape': 'true', 'prometheus.io/port': '9102', 'prometheus.io/path': '/m' },
      }),
    );
    expect(JSON.parse(env.ISTIO_PROMETHEUS_ANNOTATIONS ?? '')).toEqual({ scrape: 'true', port: '9102', path: '/m' });
    expect(result.metadata?.annotations).toMatchObject({
      'prometheus.io/scrape': 'true',
      'prometheus.io/port': '15020',
      'prometheus.io/path': '/stats/prometheus',
    });
    const off = injected(pod({ annotations: { 'prometheus.io/scrape': 'false' } }));
    expect(off.pod.metadata?.annotations).not.toHaveProperty('prometheus.io/port');
  });

  it('names its workload, its revision and what was added', () => {
    const ownerReferences = [
      { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-abc', controller: true, uid: 'u' },
    ];
    const { env, pod: result } = injected(
      pod({ metadata: { labels: { app: 'shop', 'pod-template-hash': 'abc' }, ownerReferences } }),
      { revision: '1-2' },
    );
    expect(env).toMatchObject({
      ISTIO_META_WORKLOAD_NAME: 'web',
      ISTIO_META_OWNER: 'kubernetes://apis/apps/v1/namespaces/shop/deployments/web',
      ISTIO_META_POD_PORTS: '[{"name":"http","containerPort":8080}]',
      ISTIO_META_APP_CONTAINERS: 'web',
    });
    expect(result.metadata?.labels).toEqual({
      app: 'shop',
      'pod-template-hash': 'abc',
      'security.istio.io/tlsMode': 'istio',
      'service.istio.io/canonical-name': 'shop',
      'service.istio.io/canonical-revision': 'latest',
    });
    expect(result.metadata?.annotations?.['istio.io/rev']).toBe('1-2');
    expect(JSON.parse(result.metadata?.annotations?.['sidecar.istio.io/status'] ?? '')).toEqual({
      initContainers: ['istio-init', 'istio-proxy'],
      containers: [],
      volumes: ['istio-envoy', 'istio-podinfo', 'istio-token', 'istiod-ca-cert'],
      imagePullSecrets: [],
      revision: '1-2',
    });
  });

  it("lets the user's own istio-proxy container say its word first", () => {
    const own = {
      name: 'istio-proxy',
      image: 'auto',
      env: [{ name: 'TRUST_DOMAIN', value: 'mine' }],
      resources: { limits: { cpu: '3' } },
    };
    const { proxy, env, containers } = injected(pod({ spec: { containers: [APP, own] } }));
    expect(names(containers)).toEqual(['web']);
    expect(proxy.image).toBe(DEFAULT_INJECTION.image);
    expect(env.TRUST_DOMAIN).toBe('mine');
    expect(proxy.resources).toEqual({ requests: { cpu: '100m', memory: '128Mi' }, limits: { cpu: '3' } });
  });

  it('becomes a gateway by its template: a router, no capture', () => {
    const own = { name: 'istio-proxy', image: 'auto' };
    const { proxy, initContainers, containers } = injected(
      pod({ annotations: { 'inject.istio.io/templates': 'gateway' }, spec: { containers: [own] } }),
    );
    expect(initContainers).toEqual([]);
    expect(names(containers)).toEqual(['istio-proxy']);
    expect(proxy.args?.slice(0, 3)).toEqual(['agent', '--type', 'router']);
  });

  it('takes quantities of annotations as all there is', () => {
    const { proxy } = injected(
      pod({ annotations: { 'sidecar.istio.io/proxyCPU': '1', 'sidecar.istio.io/proxyCPULimit': '2500m' } }),
    );
    expect(proxy.resources).toEqual({ requests: { cpu: '1' }, limits: { cpu: '2500m' } });
    expect(proxy.args?.[proxy.args.indexOf('--concurrency') + 1]).toBe('3');
  });
});

describe('a pod with annotations that cannot be followed', () => {
  it.each([
    [{ 'proxy.istio.io/config': 'concurrency: many' }, 'concurrency'],
    [{ 'proxy.istio.io/config': '- a' }, 'no YAML mapping'],
    [{ 'proxy.istio.io/config': 'a: [' }, 'no YAML mapping'],
    [{ 'sidecar.istio.io/bootstrapOverride': 'own' }, 'without effect here: sidecar.istio.io/bootstrapOverride'],
    [{ 'sidecar.istio.io/interceptionMode': 'TPROXY' }, 'REDIRECT'],
  ])('is injected, with a warning: %j', (annotations, warning) => {
    expect(injected(pod({ annotations })).warnings).toEqual([expect.stringContaining(warning)]);
  });
});

describe('a pod that cannot be injected', () => {
  it.each([
    [{ 'traffic.sidecar.istio.io/excludeInboundPorts': 'http' }, 'http is no port'],
    [{ 'sidecar.istio.io/userVolume': '{' }, 'no JSON list of volumes'],
    [{ 'status.sidecar.istio.io/port': '-1' }, 'no whole number'],
  ])('is refused with the reason: %j', (annotations, why) => {
    const outcome = injectPod(pod({ annotations }), 'shop', DEFAULT_INJECTION);
    expect(outcome).toMatchObject({ kind: 'refused', why: expect.stringContaining(why) });
  });
});
