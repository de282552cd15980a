import { describe, expect, it } from 'vitest';
import { resolveInbound } from '../../src/mesh/inbound/resolve.ts';
import { meshOf, workloadOf } from '../xds/support/proxies.ts';

const APP = `
apiVersion: v1
kind: Pod
metadata: { name: app, namespace: shop, labels: { app: app } }
spec: { containers: [{ name: app, ports: [{ name: web, containerPort: 8080 }] }] }
---
apiVersion: v1
kind: Service
metadata: { name: app, namespace: shop }
spec: { selector: { app: app }, ports: [{ name: http, port: 80, targetPort: web }, { name: tcp, port: 9000 }] }
---
`;

function policy(name: string, namespace: string, spec: string, day = 1): string {
  return `
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: { name: ${name}, namespace: ${namespace}, creationTimestamp: "2026-01-0${day}T00:00:00Z" }
spec: ${spec}
---
`;
}

const MESH = policy('mesh', 'istio-system', '{ mtls: { mode: STRICT } }');
const OWN = 'selector: { matchLabels: { app: app } }';

/** What is asked for on ports that no service names, 8080 and 9000. */
function modes(...policies: readonly string[]): string[] {
  const mesh = meshOf(APP + policies.join(''));
  const { ports, passthrough } = resolveInbound(mesh, workloadOf(mesh, 'app', 'shop'));
  return [passthrough.mode, ...ports.map(({ mode }) => mode)];
}

describe('PeerAuthentication', () => {
  it.each<[string, readonly string[], readonly string[]]>([
    ['is PERMISSIVE where nothing is said', [], ['PERMISSIVE', 'PERMISSIVE', 'PERMISSIVE']],
    ['is the mesh’s', [MESH], ['STRICT', 'STRICT', 'STRICT']],
    [
      'is the namespace’s before the mesh’s',
      [MESH, policy('ns', 'shop', '{ mtls: { mode: DISABLE } }')],
      ['DISABLE', 'DISABLE', 'DISABLE'],
    ],
    [
      'is what the level above says where it is UNSET',
      [MESH, policy('ns', 'shop', '{ mtls: { mode: UNSET } }'), policy('own', 'shop', `{ ${OWN} }`)],
      ['STRICT', 'STRICT', 'STRICT'],
    ],
    [
      'is the workload’s own, and a port’s before that',
      [
        MESH,
        policy('own', 'shop', `{ ${OWN}, mtls: { mode: PERMISSIVE }, portLevelMtls: { "8080": { mode: DISABLE } } }`),
      ],
      ['PERMISSIVE', 'DISABLE', 'PERMISSIVE'],
    ],
    [
      'of a port that is UNSET is the workload’s',
      [MESH, policy('own', 'shop', `{ ${OWN}, portLevelMtls: { "9000": { mode: UNSET } } }`)],
      ['STRICT', 'STRICT', 'STRICT'],
    ],
    [
      'is the oldest of a level',
      [policy('a', 'shop', '{ mtls: { mode: STRICT } }', 2), policy('b', 'shop', '{ mtls: { mode: DISABLE } }', 1)],
      ['DISABLE', 'DISABLE', 'DISABLE'],
    ],
    [
      'with a selector in the root namespace is for nobody elsewhere',
      [policy('root', 'istio-system', `{ ${OWN}, mtls: { mode: STRICT } }`)],
      ['PERMISSIVE', 'PERMISSIVE', 'PERMISSIVE'],
    ],
  ])('%s', (_, policies, expected) => {
    expect(modes(...policies)).toEqual(expected);
  });

  it('keeps what a port says that no service names', () => {
    const mesh = meshOf(APP + policy('own', 'shop', `{ ${OWN}, portLevelMtls: { "7070": { mode: STRICT } } }`));
    const { passthrough } = resolveInbound(mesh, workloadOf(mesh, 'app', 'shop'));
    expect([...passthrough.ports]).toEqual([[7070, 'STRICT']]);
  });
});
