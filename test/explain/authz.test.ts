import { describe, expect, it } from 'vitest';
import { compileMesh } from '../../src/control/compile.ts';
import { checkRequest } from '../../src/control/explain/check-request.ts';
import { enforcementMap } from '../../src/control/explain/enforcement-map.ts';
import { fuzzPath } from '../../src/control/explain/fuzz-path.ts';
import { mutatePath } from '../../src/control/explain/mutate-path.ts';
import { workloadScope } from '../../src/control/explain/policy-scope.ts';
import { certainEnvironment } from '../../src/control/simulate/environment.ts';
import { factsOf } from '../../src/control/simulate/request.ts';
import type { Mesh } from '../../src/mesh/model.ts';
import { parseYaml } from '../../src/resources/parse.ts';

const env = certainEnvironment({ nowMs: 0 });

const WORKLOADS = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: shop }
spec: { template: { metadata: { labels: { app: web } }, spec: { serviceAccountName: web, containers: [{ name: a }] } } }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: bare, namespace: shop }
spec:
  template:
    metadata: { labels: { app: bare }, annotations: { sidecar.istio.io/inject: "false" } }
    spec: { containers: [{ name: a }] }
---
`;

function policy(name: string, spec: string, namespace = 'shop', metadata = ''): string {
  return `apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: ${name}, namespace: ${namespace}${metadata} }
spec: ${spec}
---
`;
}

function mesh(yaml: string): Mesh {
  const { resources, findings } = parseYaml(WORKLOADS + yaml, { file: 'in.yaml' });
  expect(findings.filter(({ level }) => level === 'Error')).toEqual([]);
  return compileMesh(resources).mesh;
}

describe('where a policy is enforced', () => {
  const rule = 'rules: [{ to: [{ operation: { paths: ["/x"] } }] }]';
  it.each([
    [
      'at the edge',
      policy('p', `{ selector: { matchLabels: { istio: ingressgateway } }, ${rule} }`, 'istio-system'),
      'edge',
      'the edge',
    ],
    ['in sidecars', policy('p', `{ selector: { matchLabels: { app: web } }, ${rule} }`), 'sidecar', 'web.shop'],
    ['in both', policy('p', `{ ${rule} }`, 'istio-system'), 'both', 'no sidecar is injected'],
    [
      'nowhere: no such workload',
      policy('p', `{ selector: { matchLabels: { app: wep } }, ${rule} }`),
      'nowhere',
      'has app=wep',
    ],
    [
      'nowhere: no sidecar',
      policy('p', `{ selector: { matchLabels: { app: bare } }, ${rule} }`),
      'nowhere',
      'no sidecar is injected',
    ],
    [
      'nowhere: another target',
      policy('p', `{ targetRefs: [{ kind: Gateway, group: gateway.networking.k8s.io, name: gw }], ${rule} }`),
      'nowhere',
      'Gateway gw',
    ],
    [
      'in dry run',
      policy('p', `{ ${rule} }`, 'shop', ', annotations: { istio.io/dry-run: "true" }'),
      'sidecar',
      'dry run',
    ],
  ])('%s', (_, yaml, place, where) => {
    const [only, ...more] = enforcementMap(mesh(yaml));
    expect(more).toEqual([]);
    expect(only).toMatchObject({ place, where: expect.stringContaining(where) });
    expect(only?.origin).toMatchObject({ file: 'in.yaml', line: expect.any(Number) });
  });

  it('is told in the order of evaluation', () => {
    const yaml =
      policy('a', '{ action: ALLOW }') +
      policy('b', `{ action: DENY, ${rule} }`) +
      policy('c', `{ action: AUDIT, ${rule} }`);
    expect(enforcementMap(mesh(yaml)).map(({ action }) => action)).toEqual(['AUDIT', 'DENY', 'ALLOW']);
  });
});

describe('a request at a workload', () => {
  const subject = mesh(
    policy('no-admin', '{ action: DENY, rules: [{ to: [{ operation: { paths: ["/admin"] } }] }] }') +
      policy('callers', '{ rules: [{ from: [{ source: { principals: ["cluster.local/ns/shop/sa/front"] } }] }] }'),
  );
  const web = subject.registry.workloads.find(({ name }) => name === 'web');
  const check = (path: string, account: string) => {
    if (web === undefined) throw new Error('there is no web');
    const peer = {
      principal: `cluster.local/ns/shop/sa/${account}`,
      trustDomain: 'cluster.local',
      namespace: 'shop',
      serviceAccount: account,
    };
    const facts = factsOf({ url: `http://web.shop${path}`, peer });
    return checkRequest(workloadScope(subject, web), { facts, token: undefined }, 'BASE', env);
  };

  it('is allowed by the rule that names its caller', async () => {
    expect(await check('/', 'front')).toMatchObject({
      verdict: 'allow',
      origin: { name: 'callers', line: expect.any(Number) },
    });
  });
  it('is refused where no rule does', async () => {
    expect(await check('/', 'other')).toMatchObject({ verdict: 'deny', status: 403 });
  });
  it('is refused by the clause that decided', async () => {
    const result = await check('/admin', 'front');
    expect(result).toMatchObject({ verdict: 'deny', origin: { name: 'no-admin' } });
    const clauses = result.steps.flatMap((step) => (step.stage === 'policy' && step.matched ? [step.clause] : []));
    expect(clauses).toEqual(['path "/admin" is in ["/admin"]']);
  });
});

describe('fuzzing finds the way around', () => {
  const flipsOf = async (
    paths: string,
    path: string,
    mode: 'BASE' | 'DECODE_AND_MERGE_SLASHES' = 'BASE',
    action = 'DENY',
  ) => {
    const subject = mesh(policy('p', `{ action: ${action}, rules: [{ to: [{ operation: { paths: ${paths} } }] }] }`));
    const web = subject.registry.workloads.find(({ name }) => name === 'web');
    if (web === undefined) throw new Error('there is no web');
    const request = { facts: factsOf({ url: `http://web.shop${path}` }), token: undefined };
    return (await fuzzPath(workloadScope(subject, web), request, mode, env)).flips;
  };

  it.each([
    ['an exact path: trailing slash', '["/admin"]', '/admin', '/admin/'],
    ['an exact path: case', '["/admin"]', '/admin', '/ADMIN'],
    ['an exact path: parameters', '["/admin"]', '/admin', '/admin;a=b'],
    ['an exact path: double slash', '["/admin"]', '/admin', '//admin'],
    ['below: encoded slash', '["/admin/*"]', '/admin/users', '/admin%2fusers'],
    ['below: trailing dot', '["/admin/users"]', '/admin/users', '/admin/users.'],
    ['below: ..; with encoded dots', '["/admin/*"]', '/admin/users', '/x/%2e%2e;/admin/users'],
  ])('%s', async (_, paths, path, bypass) => {
    const flips = await flipsOf(paths, path);
    expect(flips.filter(({ isBypass }) => isBypass).map((flip) => flip.path)).toContain(bypass);
  });

  it('says which normalisation closes it', async () => {
    const flips = await flipsOf('["/admin/*"]', '/admin/users');
    expect(flips.find(({ path }) => path === '/admin%2fusers')?.closedBy).toBe('DECODE_AND_MERGE_SLASHES');
    expect(flips.find(({ path }) => path === '//admin/users')?.closedBy).toBe('MERGE_SLASHES');
    const closed = await flipsOf('["/admin/*"]', '/admin/users', 'DECODE_AND_MERGE_SLASHES');
    expect(closed.map(({ path }) => path)).not.toContain('/admin%2fusers');
  });

  it('is silent where every spelling is refused', async () => {
    expect(await flipsOf('["*"]', '/admin')).toEqual([]);
  });

  it('dot segments and encoded letters are normalised away by then', async () => {
    const paths = (await flipsOf('["/admin"]', '/admin')).map(({ path }) => path);
    expect(paths).not.toContain('/x/../admin');
    expect(paths).not.toContain('/x/..;/admin');
    expect(paths).not.toContain('/%61dmin');
  });

  it('mutations are paths, and none is the path itself', () => {
    for (const path of ['/', '/a', '/a/b/c', '/a/']) {
      const mutations = mutatePath(path).map((one) => one.path);
      expect(mutations).not.toContain(path);
      expect(new Set(mutations).size).toBe(mutations.length);
      expect(mutations.every((one) => one.startsWith('/'))).toBe(true);
    }
  });
});
