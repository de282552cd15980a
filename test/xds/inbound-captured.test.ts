import { type ChildProcess, spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromBinary, toJson } from '@bufbuild/protobuf';
import { afterAll, beforeAll, expect } from 'vitest';
import { applyCapture } from '../../src/agent/capture/capture.ts';
import { DEFAULT_CAPTURE } from '../../src/agent/capture/capture-settings.ts';
import { MeshCa } from '../../src/ca/authority/mesh-ca.ts';
import { resolveInbound } from '../../src/mesh/inbound/resolve.ts';
import { encodeInbound } from '../../src/xds/inbound/inbound.ts';
import { CLUSTER, LISTENER, type XdsResource } from '../../src/xds/resource.ts';
import { typeRegistry } from '../../src/xds/type-registry.ts';
import { until } from '../agent/machine.ts';
import { TwoNamespaces } from '../agent/namespaces.ts';
import { MemoryStore } from '../ca/memory-store.ts';
import { describeAsRoot, describeWithEnvoy, ENVOY } from '../support/needs.ts';
import { meshOf, workloadOf } from './support/proxies.ts';

const POD = '10.77.0.1';
const POD_IPV6 = 'fd77::1';

/** Says on which address it was reached, and by whom. */
const APP = `
  for (const port of [8080, 7070, 9090]) {
    require('node:http')
      .createServer((request, response) => {
        const { localAddress, remoteAddress } = request.socket;
        response.end(JSON.stringify({ port, localAddress, remoteAddress }));
      })
      .listen(port, '::');
  }
`;

const MESH = `
apiVersion: v1
kind: Pod
metadata: { name: app, namespace: default, labels: { app: app } }
spec: { serviceAccountName: app, containers: [{ name: app, ports: [{ containerPort: 8080 }] }, { name: istio-proxy }] }
status: { phase: Running, podIP: ${POD} }
---
apiVersion: v1
kind: Service
metadata: { name: app, namespace: default }
spec: { selector: { app: app }, ports: [{ name: http, port: 8080 }, { name: http-strict, port: 9090 }] }
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: { name: app, namespace: default }
spec:
  selector: { matchLabels: { app: app } }
  mtls: { mode: PERMISSIVE }
  portLevelMtls:
    9090: { mode: STRICT }
`;

/** The resources as a file, with secrets in it: nothing here can reach a control plane. */
function staticConfig(resources: readonly XdsResource[], secrets: unknown): unknown {
  const shown = (wanted: string): unknown[] =>
    resources
      .filter(({ typeUrl }) => typeUrl === wanted)
      .map(({ typeUrl, bytes }) => {
        const schema = typeRegistry.getMessage(typeUrl.slice(typeUrl.indexOf('/') + 1));
        if (schema === undefined) throw new Error(`unknown type ${typeUrl}`);
        const json = toJson(schema, fromBinary(schema, bytes), { registry: typeRegistry, useProtoFieldName: true });
        return JSON.parse(JSON.stringify(json), (key, value: unknown) => (key === 'sds_config' ? undefined : value));
      });
  return { static_resources: { listeners: shown(LISTENER), clusters: shown(CLUSTER), secrets } };
}

/** It takes both: whichever is missing is told. */
const describeCaptured = ENVOY === '' ? describeWithEnvoy : describeAsRoot;

describeCaptured('a captured pod', (test) => {
  const folder = mkdtempSync(join(tmpdir(), 'fs-captured-'));
  const processes: ChildProcess[] = [];
  let two: TwoNamespaces;

  beforeAll(async () => {
    two = new TwoNamespaces();
    const mesh = meshOf(MESH);
    const resources = encodeInbound(resolveInbound(mesh, workloadOf(mesh, 'app')), {
      capture: { mode: 'REDIRECT', address: '::' },
    });
    const ca = await MeshCa.init({ store: new MemoryStore(), trustDomain: 'cluster.local' });
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const identity = { trustDomain: 'cluster.local', namespace: 'default', serviceAccount: 'app' };
    const { chain } = await ca.issueWorkload(publicKey, identity);
    const inline = (text: string) => ({ inline_string: text });
    const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const config = staticConfig(resources, [
      { name: 'default', tls_certificate: { certificate_chain: inline(chain.join('')), private_key: inline(key) } },
      { name: 'ROOTCA', validation_context: { trusted_ca: inline(ca.bundle.pem) } },
    ]);
    const file = join(folder, 'envoy.json');
    writeFileSync(file, JSON.stringify(config));
    chmodSync(folder, 0o755);
    const inPod = ['netns', 'exec', two.pod];
    const asProxy = ['setpriv', '--reuid=1337', '--regid=1337', '--clear-groups'];
    const arguments_ = ['--config-path', file, '--concurrency', '1', '--disable-hot-restart', '--log-level', 'error'];
    processes.push(
      spawn('ip', [...inPod, process.execPath, '-e', APP], { stdio: 'inherit' }),
      spawn('ip', [...inPod, ...asProxy, ENVOY, ...arguments_], { stdio: 'inherit' }),
    );
    applyCapture(DEFAULT_CAPTURE, (tool, args, input) => two.run(two.pod, tool, args, input));
    await until('the proxy listens', () => get(`http://${POD}:8080/`) !== '', 30_000);
  }, 60_000);

  afterAll(() => {
    for (const child of processes) child.kill('SIGKILL');
    two?.end();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Head and body; empty: no answer. */
  function get(url: string): string {
    try {
      return two.run(two.world, 'curl', ['--silent', '--include', '--max-time', '5', url]);
    } catch {
      return '';
    }
  }

  test('takes what is sent to a service at its own address, through the proxy', () => {
    const answer = get(`http://${POD}:8080/`);
    expect(answer).toContain('server: istio-envoy');
    expect(answer).toContain(`"localAddress":"::ffff:${POD}"`);
    expect(answer, 'marked as the proxy’s own').toContain('"remoteAddress":"::ffff:127.0.0.6"');
  });

  test('lets through what no service names', () => {
    const answer = get(`http://${POD}:7070/`);
    expect(answer).toContain('server: istio-envoy');
    expect(answer).toContain('"port":7070');
  });

  test('is captured on IPv6 too', () => {
    expect(get(`http://[${POD_IPV6}]:8080/`)).toContain('"remoteAddress":"::6"');
    expect(get(`http://[${POD_IPV6}]:7070/`)).toContain('"port":7070');
  });

  test('refuses plaintext where STRICT is asked for', () => {
    expect(get(`http://${POD}:9090/`)).toBe('');
  });

  test('answers nobody on the port where connections are led to', () => {
    expect(get(`http://${POD}:15006/`)).toBe('');
  });
});
