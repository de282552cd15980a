import { describe, expect, test } from 'vitest';
import { DEFAULT_MESH_CONFIG, parseMeshConfig, parseMeshNetworks } from '../../src/resources/mesh-config.ts';
import { parseYaml } from '../../src/resources/parse.ts';

describe('the mesh configuration', () => {
  test("has Istio's defaults where it says nothing", () => {
    for (const text of ['', '# nothing\n', 'accessLogFile: null\n']) {
      expect(parseMeshConfig(text, { file: 'mesh.yaml' })).toEqual({ meshConfig: DEFAULT_MESH_CONFIG, findings: [] });
    }
    expect(DEFAULT_MESH_CONFIG).toMatchObject({
      rootNamespace: 'istio-system',
      trustDomain: 'cluster.local',
      connectTimeout: 10_000,
      outboundTrafficPolicy: { mode: 'ALLOW_ANY' },
      pathNormalization: { normalization: 'DEFAULT' },
      defaultConfig: { statusPort: 15_020, gatewayTopology: { numTrustedProxies: 0 }, drainDuration: 45_000 },
      defaultVirtualServiceExportTo: ['*'],
    });
  });

  test('reads what a mesh sets', () => {
    const text = `
pathNormalization: {normalization: DECODE_AND_MERGE_SLASHES}
defaultConfig:
  gatewayTopology: {numTrustedProxies: 2}
  holdApplicationUntilProxyStarts: true
extensionProviders:
- name: auth
  envoyExtAuthzHttp:
    service: auth.auth.svc.cluster.local
    port: 8000
    timeout: 1.5s
    failOpen: true
    includeRequestHeadersInCheck: [cookie]
- name: otel
  opentelemetry: {service: otel, port: 4317}
localityLbSetting: {enabled: false}
`;
    const { meshConfig, findings } = parseMeshConfig(text, { file: 'mesh.yaml' });
    expect(findings).toEqual([]);
    expect(meshConfig.defaultConfig).toMatchObject({
      holdApplicationUntilProxyStarts: true,
      gatewayTopology: { numTrustedProxies: 2 },
      statusPort: 15_020,
    });
    expect(meshConfig.extensionProviders[0]?.envoyExtAuthzHttp).toMatchObject({ timeout: 1500, failOpen: true });
  });

  test('a wrong field costs itself only, and is told with its place', () => {
    const text =
      'rootNamespace: 5\ndefaultConfig:\n  statusPort: 15022\n  statusPrt: 1\nextensionProviders:\n- {name: a, opentelemetry: {service: x}}\n- {name: b, prometheus: {}}\n';
    const { meshConfig, findings } = parseMeshConfig(text, { file: 'mesh.yaml' });
    expect(findings.map(({ code, origin }) => `${code} ${origin.line}:${origin.column} ${origin.path}`)).toEqual([
      'IST0106 1:1 rootNamespace',
      'IST0106 4:3 defaultConfig.statusPrt',
      'IST0106 6:13 extensionProviders[0].opentelemetry.port',
    ]);
    expect(findings[1]?.message).toContain('did you mean "statusPort"?');
    expect(meshConfig).toMatchObject({ rootNamespace: 'istio-system', defaultConfig: { statusPort: 15_022 } });
    expect(meshConfig.extensionProviders.map(({ name }) => name)).toEqual(['a', 'b']);
  });

  test('in a ConfigMap, places are those of its file', () => {
    const file =
      'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: istio\n  namespace: istio-system\ndata:\n  mesh: |-\n    accessLogFile: /dev/stdout\n    trustDomain: {}\n';
    const [configMap] = parseYaml(file, { file: 'istio.yaml' }).resources;
    const origin = configMap?.originOf(['data', 'mesh']);
    const { meshConfig, findings } = parseMeshConfig('accessLogFile: /dev/stdout\ntrustDomain: {}\n', {
      ...(origin && { origin }),
      basePath: ['data', 'mesh'],
      lineOffset: origin?.line ?? 0,
      columnOffset: 4,
    });
    expect(meshConfig.accessLogFile).toBe('/dev/stdout');
    expect(findings).toMatchObject([
      {
        origin: {
          kind: 'ConfigMap',
          name: 'istio',
          file: 'istio.yaml',
          line: 9,
          column: 5,
          path: 'data.mesh.trustDomain',
        },
      },
    ]);
  });

  test('broken YAML and other things than mappings give the defaults', () => {
    expect(parseMeshConfig('a: [', { file: 'm' })).toMatchObject({
      meshConfig: DEFAULT_MESH_CONFIG,
      findings: [{ code: 'FS0001' }],
    });
    expect(parseMeshConfig('- a', { file: 'm' })).toMatchObject({
      meshConfig: DEFAULT_MESH_CONFIG,
      findings: [{ code: 'IST0106' }],
    });
  });

  test('fields without a use are told', () => {
    const { findings } = parseMeshConfig('configSources: [{address: x}]\n', { file: 'm' });
    expect(findings).toMatchObject([{ code: 'FS0101', level: 'Info' }]);
  });

  test('networks are read', () => {
    const text =
      'networks:\n  n1:\n    endpoints: [{fromRegistry: c1}]\n    gateways: [{address: 192.0.2.1, port: 15443}]\n';
    expect(parseMeshNetworks(text, { file: 'm' }).meshNetworks.networks.n1?.gateways).toEqual([
      { address: '192.0.2.1', port: 15_443 },
    ]);
  });
});
