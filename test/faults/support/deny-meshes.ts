import { compileMesh } from '../../../src/control/compile.ts';
import type { PathNormalization } from '../../../src/engine/normalize-path.ts';
import { parseYaml } from '../../../src/resources/parse.ts';
import type { SnapshotInput } from '../../../src/snapshot/encode.ts';

export interface DeniedPath {
  /** As it stands in the policy. */
  readonly pattern: string;
  /** Paths that an application may take a request for, and that must be out of reach then. */
  readonly examples: readonly string[];
  readonly isDenied: (path: string) => boolean;
}

/** One of every kind of pattern. */
export const DENIED: readonly DeniedPath[] = [
  { pattern: '/admin/keys', examples: ['/admin/keys'], isDenied: (path) => path === '/admin/keys' },
  {
    pattern: '/admin/*',
    examples: ['/admin/', '/admin/keys', '/admin/a/b.c'],
    isDenied: (path) => path.startsWith('/admin/'),
  },
  { pattern: '*/keys', examples: ['/keys', '/a/keys', '/a/b-c/keys'], isDenied: (path) => path.endsWith('/keys') },
  {
    pattern: '/api/{*}/keys',
    examples: ['/api/v1/keys', '/api/x.y/keys'],
    isDenied: (path) => /^\/api\/[^/]+\/keys$/.test(path),
  },
  {
    pattern: '/api/{**}/keys',
    examples: ['/api/a/keys', '/api/a/b/keys'],
    isDenied: (path) => /^\/api\/.+\/keys$/.test(path),
  },
];

/** Everything goes to the upstream but what the one policy denies. */
export function denyMesh(pattern: string, normalization: PathNormalization, upstreamPort: number): SnapshotInput {
  const { resources, findings } = parseYaml(
    `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: web, namespace: istio-system }
spec:
  selector: { istio: ingressgateway }
  servers: [{ port: { number: 80, name: http, protocol: HTTP }, hosts: ['*'] }]
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: shop, namespace: istio-system }
spec:
  hosts: [shop.example.com]
  location: MESH_EXTERNAL
  resolution: STATIC
  ports: [{ number: ${upstreamPort}, name: http, protocol: HTTP }]
  endpoints: [{ address: 127.0.0.1 }]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: shop, namespace: istio-system }
spec:
  hosts: ['*']
  gateways: [istio-system/web]
  http: [{ route: [{ destination: { host: shop.example.com } }] }]
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: closed, namespace: istio-system }
spec: { action: DENY, rules: [{ to: [{ operation: { ports: ['80'], paths: ['${pattern}'] } }] }] }
`,
    { file: 'deny.yaml' },
  );
  if (findings.length > 0) throw new Error(JSON.stringify(findings));
  const text = JSON.stringify({ pathNormalization: { normalization } });
  return compileMesh(resources, { meshConfigFile: { file: 'mesh.yaml', text } }).mesh.edge;
}

/**
 * The path that an application takes a forwarded path for: as Istio's documentation expects of one behind each
 * normalization (https://istio.io/latest/docs/ops/best-practices/security/#understand-path-normalization).
 */
export function pathOfApp(forwarded: string, normalization: PathNormalization): string {
  let path = forwarded.replace(/[?#].*$/s, '');
  if (normalization === 'DECODE_AND_MERGE_SLASHES') path = path.replace(/%2f/gi, '/').replace(/%5c/gi, '\\');
  path = path.replace(/%([0-9a-f]{2})/gi, (escaped, hex: string) => {
    const char = String.fromCharCode(Number.parseInt(hex, 16));
    return /[A-Za-z0-9._~-]/.test(char) ? char : escaped;
  });
  path = path.replaceAll('\\', '/');
  if (normalization !== 'BASE') path = path.replace(/\/{2,}/g, '/');
  const output: string[] = [];
  const segments = path.split('/').slice(1);
  segments.forEach((segment, index) => {
    if (segment === '..') output.pop();
    else if (segment !== '.') output.push(segment);
    if ((segment === '..' || segment === '.') && index === segments.length - 1) output.push('');
  });
  return `/${output.join('/')}`;
}
