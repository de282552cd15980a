import { afterAll, beforeAll, describe, expect } from 'vitest';
import { createCaseTokens } from '../../src/control/simulate/case-tokens.ts';
import { encodeProxy } from '../../src/xds/roles.ts';
import { freePorts } from '../agent/machine.ts';
import { describeWithEnvoy } from '../support/needs.ts';
import type { Credentials } from '../support/workload-credentials.ts';
import { allResources } from './support/all-resources.ts';
import { call, statusOf, talk } from './support/client.ts';
import { EchoApp, EchoTcp } from './support/echo-app.ts';
import { meshOf, Proxies, workloadOf } from './support/proxies.ts';

const HTTP = 8080;
const TCP = 9000;
const AUTO = 7000;
/** Longer than what tells TLS from other bytes. */
const WORDS = 'some bytes';

const BASE = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: app, namespace: default }
spec:
  template:
    metadata: { labels: { app: app } }
    spec:
      serviceAccountName: app
      containers:
        - { name: app, ports: [{ name: web, containerPort: ${HTTP} }] }
---
apiVersion: v1
kind: Service
metadata: { name: app, namespace: default }
spec:
  selector: { app: app }
  ports:
    - { name: http, port: 80, targetPort: web }
    - { name: tcp-raw, port: ${TCP} }
    - { name: any, port: ${AUTO} }
---
`;

function peerAuthentication(mode: string, ports: Readonly<Record<number, string>> = {}): string {
  const levels = Object.entries(ports).map(([port, own]) => `    ${port}: { mode: ${own} }`);
  return `
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: { name: own, namespace: default }
spec:
  selector: { matchLabels: { app: app } }
  mtls: { mode: ${mode} }
${levels.length === 0 ? '' : `  portLevelMtls:\n${levels.join('\n')}`}
---
`;
}

function policy(spec: string, annotations = '{}'): string {
  return `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: rules, namespace: default, annotations: ${annotations} }
spec:
${spec}
---
`;
}

describeWithEnvoy('a real sidecar', (test) => {
  let proxies: Proxies;
  let app: EchoApp;
  let raw: EchoTcp;
  let client: Credentials;
  let ports = new Map<number, number>();

  beforeAll(async () => {
    [proxies, app, raw] = await Promise.all([Proxies.start(), EchoApp.start(), EchoTcp.start()]);
    client = await proxies.credentials({ namespace: 'shop', serviceAccount: 'cart' });
  }, 60_000);

  afterAll(async () => {
    app?.stop();
    raw?.stop();
    await proxies?.end();
  });

  /** Serves the app with these resources beside it, on ports of its own. */
  async function serve(yaml = ''): Promise<void> {
    const mesh = meshOf(BASE + yaml);
    const [http = 0, tcp = 0, any = 0] = await freePorts(3);
    ports = new Map([
      [HTTP, http],
      [TCP, tcp],
      [AUTO, any],
    ]);
    const resources = allResources(
      encodeProxy(
        mesh,
        { type: 'sidecar', workload: workloadOf(mesh, 'app') },
        {
          capture: {
            mode: 'NONE',
            bind: (port) => ({ address: '127.0.0.1', port: ports.get(port) ?? 0 }),
            app: (port) => ({ address: '127.0.0.1', port: port === TCP ? raw.port : app.port }),
          },
        },
      ),
    );
    expect(await proxies.load('app', resources)).toEqual([]);
  }

  const at = (port: number): number => ports.get(port) ?? 0;

  describe('PeerAuthentication', () => {
    test('takes both without a policy: PERMISSIVE is the default', async () => {
      await serve();
      expect(await statusOf({ port: at(HTTP) })).toBe(200);
      expect(await statusOf({ port: at(HTTP), tls: client })).toBe(200);
      expect(await talk({ port: at(TCP) }, WORDS)).toBe(WORDS);
      expect(await talk({ port: at(TCP), tls: client, alpn: ['istio'] }, WORDS)).toBe(WORDS);
    });

    test('STRICT cuts plaintext off, on HTTP, TCP and undeclared ports', async () => {
      await serve(peerAuthentication('STRICT'));
      for (const port of [HTTP, AUTO]) {
        expect(await statusOf({ port: at(port) }), String(port)).toBe('refused');
        expect(await statusOf({ port: at(port), tls: client }), String(port)).toBe(200);
      }
      expect(await talk({ port: at(TCP) }, WORDS)).toBe('refused');
      expect(await talk({ port: at(TCP), tls: client }, WORDS)).toBe(WORDS);
    });

    test('DISABLE speaks plaintext only', async () => {
      await serve(peerAuthentication('DISABLE'));
      expect(await statusOf({ port: at(HTTP) })).toBe(200);
      expect(await statusOf({ port: at(HTTP), tls: client })).toBe('refused');
    });

    test('a port may differ from the workload', async () => {
      await serve(peerAuthentication('STRICT', { [HTTP]: 'DISABLE', [TCP]: 'UNSET' }));
      expect(await statusOf({ port: at(HTTP) })).toBe(200);
      expect(await statusOf({ port: at(HTTP), tls: client })).toBe('refused');
      expect(await talk({ port: at(TCP) }, WORDS), 'UNSET is what the workload says').toBe('refused');
      expect(await statusOf({ port: at(AUTO) })).toBe('refused');
    });

    test('undeclared ports are told apart by their bytes', async () => {
      await serve();
      const plain = await call({ port: at(AUTO), path: '/plain' });
      expect(plain).toMatchObject({ status: 200, headers: { server: 'istio-envoy' } });
      const mutual = await call({ port: at(AUTO), tls: client });
      expect(mutual).toMatchObject({ status: 200, headers: { server: 'istio-envoy' } });
    });
  });

  describe('a certificate', () => {
    test('of another trust domain, expired, or without a SPIFFE id is refused', async () => {
      await serve(peerAuthentication('STRICT'));
      const id = { namespace: 'shop', serviceAccount: 'cart' };
      const others = {
        'another trust domain': await proxies.credentials({ ...id, trustDomain: 'evil.example' }),
        expired: await proxies.credentials(id, { ttlMs: 60_000, issuedMsAgo: 3_600_000 }),
        'no SPIFFE id': await proxies.serverCredentials('cart.shop.svc.cluster.local'),
      };
      for (const [what, tls] of Object.entries(others)) {
        expect(await statusOf({ port: at(HTTP), tls }), what).toBe('refused');
        expect(await talk({ port: at(TCP), tls }, WORDS), what).toBe('refused');
      }
      expect(await statusOf({ port: at(HTTP), tls: client })).toBe(200);
    });

    test('names the caller to the application', async () => {
      await serve();
      const answer = await call({ port: at(HTTP), tls: client, headers: { 'x-forwarded-client-cert': 'By=me' } });
      const xfcc = answer === 'refused' ? '' : String(answer.echoed?.headers['x-forwarded-client-cert']);
      expect(xfcc).toContain('By=spiffe://cluster.local/ns/default/sa/app;');
      expect(xfcc).toContain('URI=spiffe://cluster.local/ns/shop/sa/cart');
      const plain = await call({ port: at(HTTP), headers: { 'x-forwarded-client-cert': 'URI=spiffe://a/b' } });
      expect(plain !== 'refused' && plain.echoed?.headers['x-forwarded-client-cert']).toBeUndefined();
    });
  });

  describe('AuthorizationPolicy', () => {
    test('allows by principal, whatever else is in the mesh', async () => {
      await serve(policy('  rules: [{ from: [{ source: { principals: ["cluster.local/ns/shop/sa/cart"] } }] }]'));
      const other = await proxies.credentials({ namespace: 'shop', serviceAccount: 'other' });
      expect(await statusOf({ port: at(HTTP), tls: client })).toBe(200);
      expect(await statusOf({ port: at(HTTP), tls: other })).toBe(403);
      expect(await statusOf({ port: at(HTTP) }), 'plaintext has no principal').toBe(403);
      expect(await talk({ port: at(TCP), tls: client }, WORDS)).toBe(WORDS);
      expect(await talk({ port: at(TCP), tls: other }, WORDS)).toBe('refused');
    });

    test('denies by namespace', async () => {
      await serve(policy('  action: DENY\n  rules: [{ from: [{ source: { namespaces: [evil] } }] }]'));
      const evil = await proxies.credentials({ namespace: 'evil', serviceAccount: 'any' });
      expect(await call({ port: at(HTTP), tls: evil })).toMatchObject({ status: 403, body: 'RBAC: access denied' });
      expect(await statusOf({ port: at(HTTP), tls: client })).toBe(200);
    });

    test('knows ports and methods', async () => {
      await serve(policy(`  rules: [{ to: [{ operation: { ports: ["${HTTP}"], methods: [GET] } }] }]`));
      expect(await statusOf({ port: at(HTTP), tls: client })).toBe(200);
      expect(await statusOf({ port: at(AUTO), tls: client }), 'another port').toBe(403);
      expect(await statusOf({ port: at(HTTP), method: 'POST', tls: client })).toBe(403);
    });

    test('of HTTP allow no connection: an ALLOW rule never matches, a DENY rule matches without them', async () => {
      await serve(policy('  rules: [{ to: [{ operation: { methods: [GET] } }] }]'));
      expect(await talk({ port: at(TCP), tls: client }, WORDS)).toBe('refused');
      expect(await statusOf({ port: at(HTTP), tls: client })).toBe(200);
      await serve(policy('  action: DENY\n  rules: [{ to: [{ operation: { methods: [POST] } }] }]'));
      expect(await talk({ port: at(TCP), tls: client }, WORDS)).toBe('refused');
      expect(await statusOf({ port: at(HTTP), tls: client })).toBe(200);
    });

    test('in dry run counts and refuses nothing', async () => {
      const spec = '  action: DENY\n  rules: [{ from: [{ source: { namespaces: [shop] } }] }]';
      await serve(policy(spec, '{ istio.io/dry-run: "true" }'));
      expect(await statusOf({ port: at(HTTP), tls: client })).toBe(200);
      expect(await talk({ port: at(TCP), tls: client }, WORDS)).toBe(WORDS);
      const stats = await proxies.stats('app', 'shadow_denied');
      const counted = Object.entries(stats).filter(
        ([name, value]) => name.includes('istio_dry_run_deny_') && value > 0,
      );
      expect(counted.map(([name]) => name.split('.')[0]).sort()).toEqual(['http', 'tcp']);
    });
  });

  test('tokens are verified, and policies see their claims', async () => {
    const tokens = await createCaseTokens();
    const authentication = `
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: { name: tokens, namespace: default }
spec:
  jwtRules: [{ issuer: "https://issuer.test", jwks: '${tokens.jwks}' }]
---
`;
    await serve(
      authentication + policy('  rules: [{ when: [{ key: "request.auth.claims[group]", values: [staff] }] }]'),
    );
    const bearer = async (claims: Readonly<Record<string, unknown>>) => ({
      authorization: `Bearer ${await tokens.sign({ iss: 'https://issuer.test', sub: 'ann', ...claims })}`,
    });
    const staff = await bearer({ group: 'staff' });
    expect(await statusOf({ port: at(HTTP), tls: client, headers: staff })).toBe(200);
    expect(await statusOf({ port: at(HTTP), tls: client, headers: await bearer({ group: 'guest' }) })).toBe(403);
    expect(await statusOf({ port: at(HTTP), tls: client })).toBe(403);
    const bad = { authorization: 'Bearer not.a.token' };
    expect(await statusOf({ port: at(HTTP), tls: client, headers: bad })).toBe(401);
  });
});
