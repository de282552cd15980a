import { expect, it } from 'vitest';
import { compileMesh } from '../../src/control/compile.ts';
import { explain } from '../../src/control/explain/explain.ts';
import { certainEnvironment } from '../../src/control/simulate/environment.ts';
import { servingConfigOf } from '../../src/control/simulate/serving.ts';
import { parseYaml } from '../../src/resources/parse.ts';
import { caseTokens } from '../case-tokens.ts';

const YAML = `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: gw, namespace: shop }
spec:
  selector: { istio: ingressgateway }
  servers: [{ port: { number: 80, name: http, protocol: HTTP }, hosts: ["*"] }]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: shop, namespace: shop }
spec:
  hosts: ["shop.example.com"]
  gateways: [gw]
  http:
    - match: [{ headers: { cookie: { exact: "a" } } }, { headers: { authorization: { exact: "b" } } }, { headers: { x-jwt: { exact: "c" } } }]
      route: [{ destination: { host: web } }]
    - match: [{ uri: { prefix: /r } }]
      redirect: { uri: /new }
    - match: [{ uri: { prefix: /w } }]
      rewrite: { uri: /x }
      headers: { request: { set: { authorization: "Basic c2VjcmV0LW9mLXRoZS1tZXNo" } } }
      route: [{ destination: { host: web } }]
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec: { ports: [{ port: 80, name: http }] }
---
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: { name: jwt, namespace: istio-system }
spec:
  jwtRules:
    - issuer: https://issuer.example
      jwks: '${caseTokens.jwks}'
      fromHeaders: [{ name: x-jwt }]
      fromParams: [ticket]
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: p, namespace: istio-system }
spec:
  action: DENY
  rules:
    - when: [{ key: "request.headers[x-jwt]", values: ["nope"] }]
    - when: [{ key: "request.headers[cookie]", values: ["nope"] }]
`;

it.each(['/', '/r', '/w', '/none'])('credentials of a request to %s are nowhere in its explanation', async (path) => {
  const { resources } = parseYaml(YAML, { file: 'in.yaml' });
  const { mesh } = compileMesh(resources);
  const token = await caseTokens.sign({ iss: 'https://issuer.example', sub: 'me', filler: 'x'.repeat(200) });
  const secrets = ['session=s3cr3t-cookie', 'Bearer opaque-credential-1', 'key-in-a-header', token];
  const request = {
    method: 'GET',
    url: `http://shop.example.com${path}?ticket=${token}&access_token=another-secret-token&Access%5Ftoken=a-third-secret-token&page=2`,
    headers: {
      cookie: secrets[0] ?? '',
      authorization: secrets[1] ?? '',
      'x-api-key': secrets[2] ?? '',
      'x-jwt': token,
    },
  };
  const input = { serving: servingConfigOf(mesh.edge), hosts: [...mesh.edge.domains.keys()], mesh };
  const text = JSON.stringify(await explain(input, request, certainEnvironment({ nowMs: Date.now() })));
  for (const secret of [
    's3cr3t-cookie',
    'opaque-credential-1',
    'key-in-a-header',
    'another-secret-token',
    'a-third-secret-token',
    'c2VjcmV0',
  ]) {
    expect(text).not.toContain(secret);
  }
  expect(text).not.toContain(token.slice(0, 40));
  expect(text).not.toContain(token.split('.')[1]?.slice(0, 40));
  expect(text).toContain('page=2');
});
