import { writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Run, runForesail } from '../cli/run-foresail.ts';
import { ApiServer } from '../support/api-server/server.ts';
import { readyDeployments } from './ready-deployments.ts';

const SEED = join(import.meta.dirname, 'seed-operator.yaml');
const HOOKS = 'admissionregistration.k8s.io/v1';
const MUTATING = 'MutatingWebhookConfiguration';

let api: ApiServer;
let kubeconfig: string;
let endReadiness: () => void;

beforeEach(async () => {
  api = await ApiServer.start();
  kubeconfig = join(await mkdtemp(join(tmpdir(), 'install-')), 'config');
  writeFileSync(kubeconfig, api.kubeconfig());
  endReadiness = readyDeployments(api);
});

afterEach(async () => {
  endReadiness();
  await api.stop();
});

async function foresail(...args: string[]): Promise<Run> {
  return await runForesail(args, { KUBECONFIG: kubeconfig });
}

async function succeed(...args: string[]): Promise<string> {
  const run = await foresail(...args);
  expect(run.code, run.stderr + run.stdout).toBe(0);
  return run.stdout;
}

const namesOf = (apiVersion: string, kind: string): string[] =>
  api
    .list(apiVersion, kind)
    .map(({ metadata }) => metadata.name)
    .sort();
const writes = (): number =>
  api.requests.filter(({ method, query }) => method !== 'GET' && !query.includes('dryRun')).length;

describe('install', { timeout: 120_000 }, () => {
  it('brings up the default profile, and does nothing when asked again', async () => {
    const output = await succeed('install', '-y');
    expect(output).toContain('+ Deployment istio-system/istiod');
    expect(output).toMatch(/✔ Istio core installed[\s\S]*✔ Istiod installed[\s\S]*✔ Ingress gateways installed/);
    expect(namesOf('apps/v1', 'Deployment')).toEqual(['foresail-cluster-gateway', 'istio-ingressgateway', 'istiod']);
    expect(api.get('v1', 'Namespace', undefined, 'istio-system')).toBeDefined();
    expect(namesOf('apiextensions.k8s.io/v1', 'CustomResourceDefinition')).toHaveLength(15);
    const before = api.requests.length;
    expect(await succeed('install', '-y')).toContain('is installed as it should be');
    expect(
      api.requests.slice(before).filter(({ method, query }) => method !== 'GET' && !query.includes('dryRun=All')),
    ).toEqual([]);
  });

  it('shows what would change and changes nothing with --dry-run', async () => {
    const before = writes();
    expect(await succeed('install', '--dry-run')).toContain('objects to create, 0 to change, 0 to remove');
    await succeed('install', '-y');
    const output = await succeed(
      'install',
      '--dry-run',
      '--set',
      'values.pilot.replicaCount=3',
      '--set',
      'components.ingressGateways[0].enabled=false',
    );
    expect(output).toContain('~ Deployment istio-system/istiod\n    spec.replicas: (none) → 3');
    expect(output).toContain('- Deployment istio-system/istio-ingressgateway');
    expect(output).toContain('"\\"pilot\\": { \\"replicaCount\\": 3"');
    expect(api.get('apps/v1', 'Deployment', 'istio-system', 'istiod')?.spec).not.toHaveProperty('replicas');
    expect(before).toBe(0);
  });

  it('removes what is no longer asked for, and only what it has made', async () => {
    await succeed('install', '-y');
    await api.create({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'mine', namespace: 'istio-system', labels: { 'istio.io/rev': 'default' } },
    });
    await succeed('install', '-y', '--set', 'profile=minimal');
    expect(namesOf('apps/v1', 'Deployment')).toEqual(['istiod']);
    expect(namesOf('v1', 'ConfigMap')).toEqual(['istio', 'istio-sidecar-injector', 'mine']);
  });

  it('asks, and does nothing where nobody can answer', async () => {
    const { code, stderr } = await foresail('install');
    expect([code, stderr]).toEqual([2, expect.stringContaining('--skip-confirmation')]);
    expect(namesOf('apps/v1', 'Deployment')).toEqual([]);
  });

  it("leaves an existing Istio's definitions alone, and takes over nothing that is another's", async () => {
    const definition = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'virtualservices.networking.istio.io', labels: { release: 'istio' } },
      spec: {
        group: 'networking.istio.io',
        scope: 'Namespaced',
        names: {
          kind: 'VirtualService',
          plural: 'virtualservices',
          singular: 'virtualservice',
          listKind: 'VirtualServiceList',
        },
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
          },
        ],
      },
    };
    const { metadata } = await api.create(definition);
    expect(await succeed('install', '-y', '--set', 'profile=minimal')).toContain(
      '! CustomResourceDefinition virtualservices.networking.istio.io',
    );
    const after = api.get('apiextensions.k8s.io/v1', 'CustomResourceDefinition', undefined, metadata.name);
    expect(after?.metadata.generation).toBe(metadata.generation);

    await api.create({
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'istiod-other', namespace: 'istio-system' },
    });
    const { code, stderr } = await foresail('install', '-y', '--revision', 'other');
    expect(code).toBe(2);
    expect(stderr).toContain("ServiceAccount istio-system/istiod-other is there and not Foresail's");
  });

  it('says what is missing when a component does not become ready', async () => {
    endReadiness();
    const { code, stderr, stdout } = await foresail('install', '-y', '--readiness-timeout', '1');
    expect(code).toBe(2);
    expect(stderr).toContain('Istiod did not become ready within 1 s');
    expect(stdout).toContain('waiting for Istiod: Deployment istio-system/istiod');
    // Webhooks come when somebody answers.
    expect(namesOf(HOOKS, MUTATING)).toEqual([]);
  });
});

describe('revisions and tags', { timeout: 120_000 }, () => {
  it('side by side: the first revision is the default, until the tag is moved', async () => {
    const first = await foresail('install', '-y', '-f', SEED, '--set', 'revision=1-20-1');
    expect(first.code, first.stderr).toBe(0);
    expect(first.stderr).toContain('Made revision 1-20-1 the default');
    await api.create({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'maildev', labels: { 'istio-injection': 'enabled' } },
    });
    await succeed('install', '-y', '-f', SEED, '--set', 'revision=1-21-0');
    expect(namesOf('apps/v1', 'Deployment')).toEqual([
      'foresail-cluster-gateway',
      'istio-egressgateway',
      'istio-ingressgateway',
      'istiod-1-20-1',
      'istiod-1-21-0',
    ]);
    expect(await succeed('tag', 'list')).toMatch(/default\s+1-20-1\s+maildev/);

    expect((await foresail('tag', 'set', 'default', '--revision', '1-21-0')).stderr).toContain('--overwrite');
    await succeed('tag', 'set', 'default', '--revision', '1-21-0', '--overwrite');
    expect(await succeed('tag', 'list')).toMatch(/default\s+1-21-0\s+maildev/);

    await succeed('uninstall', '-y', '--revision', '1-20-1');
    expect(namesOf('apps/v1', 'Deployment')).not.toContain('istiod-1-20-1');
    expect(namesOf('apps/v1', 'Deployment')).toHaveLength(4);
    expect(namesOf(HOOKS, MUTATING)).toEqual(['istio-revision-tag-default', 'istio-sidecar-injector-1-21-0']);
  });

  it('a tag is refused for a revision that is not there, and under the name of one that is', async () => {
    await succeed('install', '-y', '--set', 'profile=minimal', '--revision', 'blue');
    expect((await foresail('tag', 'set', 'prod', '--revision', 'green')).stderr).toContain('There are blue');
    expect((await foresail('tag', 'set', 'blue', '--revision', 'blue')).stderr).toContain('is the name of a revision');
    await succeed('tag', 'set', 'prod', '--revision', 'blue');
    await succeed('tag', 'remove', 'prod', '-y');
    expect((await foresail('tag', 'remove', 'prod', '-y')).stderr).toContain('there is no tag prod');
  });
});

describe('x check-inject', { timeout: 120_000 }, () => {
  it('tells by what is installed which label decides, of namespaces, pods and deployments', async () => {
    const never = 'values.sidecarInjectorWebhook.neverInjectSelector[0].matchLabels.batch=night';
    await succeed('install', '-y', '--set', 'profile=minimal', '--revision', 'blue', '--set', never);
    await succeed('tag', 'set', 'prod', '--revision', 'blue');
    const put = (kind: string, apiVersion: string, name: string, rest: object) =>
      api.put({ apiVersion, kind, metadata: { name, ...(kind !== 'Namespace' && { namespace: 'shop' }), ...rest } });
    await put('Namespace', 'v1', 'shop', { labels: { 'istio.io/rev': 'prod' } });
    const check = (...args: string[]) => succeed('x', 'check-inject', '-n', 'shop', ...args);
    expect(await check()).toMatch(
      /istio-revision-tag-prod\s+blue\s+✔\s+namespace label istio\.io\/rev=prod[\s\S]*then injects: the injector's policy/,
    );
    expect(await check('--labels', 'batch=night')).toContain('does not inject: neverInjectSelector {"matchLabels"');
    expect(await check('--labels', 'sidecar.istio.io/inject=false')).toContain('no injector is called for it');
    const labels = { app: 'web' };
    const template = { metadata: { labels }, spec: { hostNetwork: true, containers: [{ name: 'web', image: 'w' }] } };
    await api.put({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', namespace: 'shop' },
      spec: { selector: { matchLabels: labels }, template },
    });
    expect(await check('deployment/web')).toContain('does not inject: hostNetwork');
    expect((await foresail('x', 'check-inject', 'nobody', '-n', 'shop')).stderr).toContain('nobody is not there');
  });
});

describe('webhooks whose foresaild is down', { timeout: 120_000 }, () => {
  it('hold up nothing but pods that are to have a proxy', async () => {
    await succeed('install', '-y', '--set', 'profile=minimal');
    await api.put({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'shop', labels: { 'istio-injection': 'enabled' } },
    });
    const pod = (namespace: string) => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'web', namespace },
      spec: { containers: [{ name: 'web', image: 'w' }] },
    });
    const host = { apiVersion: 'networking.istio.io/v1', kind: 'VirtualService', spec: { hosts: ['a'] } };
    await api.create(pod('default'));
    await api.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'own', namespace: 'shop' } });
    await api.create({ ...host, metadata: { name: 'web', namespace: 'shop' } });
    await expect(api.create(pod('shop'))).rejects.toThrow('sidecar-injector.istio.io');
  });
});

describe('upgrade and uninstall', { timeout: 120_000 }, () => {
  it('upgrades what is there, and nothing else', async () => {
    expect((await foresail('upgrade', '-y')).stderr).toContain('revision default is not installed');
    await succeed('install', '-y', '--set', 'profile=minimal');
    await succeed('upgrade', '-y', '--set', 'profile=minimal', '--set', 'tag=v2');
    const istiod = api.get('apps/v1', 'Deployment', 'istio-system', 'istiod');
    expect(istiod).toMatchObject({
      spec: { template: { spec: { containers: [{ image: 'foresail/foresaild:v2' }] } } },
    });
  });

  it('purges everything but definitions and namespaces', async () => {
    await succeed('install', '-y', '--revision', 'blue');
    await api.create({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'mine', namespace: 'istio-system' },
      spec: { ports: [{ port: 80 }] },
    });
    expect(await succeed('uninstall', '--purge', '--dry-run')).toContain('- Deployment istio-system/istiod-blue');
    await succeed('uninstall', '--purge', '-y');
    for (const [apiVersion, kind, left] of [
      ['apps/v1', 'Deployment', []],
      ['v1', 'Service', ['mine']],
      [HOOKS, MUTATING, []],
      ['rbac.authorization.k8s.io/v1', 'ClusterRole', []],
    ] as const) {
      expect(namesOf(apiVersion, kind)).toEqual(left);
    }
    expect(namesOf('apiextensions.k8s.io/v1', 'CustomResourceDefinition')).toHaveLength(15);
  });
});
