import { compileMesh } from '../../src/control/compile.ts';
import { servingConfigOf } from '../../src/control/simulate/serving.ts';
import type { Environment } from '../../src/engine/environment.ts';
import type { ServingConfig } from '../../src/engine/serving.ts';
import { parseYaml } from '../../src/resources/parse.ts';
import { seededRandom } from '../seeded-random.ts';

const SERVICES = ['a', 'b', 'c', 'd', 'e'] as const;

/** A gateway, five services `a` to `e`, and one VirtualService with these rules, through the real build. */
export function servingOf(http: readonly object[]): ServingConfig {
  const objects = [
    {
      apiVersion: 'networking.istio.io/v1',
      kind: 'Gateway',
      metadata: { name: 'web', namespace: 'demo' },
      spec: {
        selector: { istio: 'ingressgateway' },
        servers: [{ port: { number: 80, name: 'http', protocol: 'HTTP' }, hosts: ['*'] }],
      },
    },
    ...SERVICES.map((name) => ({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, namespace: 'demo' },
      spec: { selector: { app: name }, ports: [{ name: 'http', port: 80 }] },
    })),
    {
      apiVersion: 'networking.istio.io/v1',
      kind: 'VirtualService',
      metadata: { name: 'shop', namespace: 'demo' },
      spec: { hosts: ['*'], gateways: ['web'], http },
    },
  ];
  // JSON is YAML.
  const text = objects.map((object) => JSON.stringify(object)).join('\n---\n');
  const { resources, findings } = parseYaml(text, { file: 'property.yaml' });
  const compiled = compileMesh(resources);
  const errors = [...findings, ...compiled.findings].filter(({ level }) => level === 'Error');
  if (errors.length > 0) throw new Error(errors.map(({ code, message }) => `${code} ${message}`).join('\n'));
  return servingConfigOf(compiled.mesh.edge);
}

/** An environment in which a seed repeats everything. */
export function seededEnvironment(seed: number): Environment {
  return {
    nowMs: () => 1_790_000_000_000,
    random: seededRandom(seed),
    newRequestId: () => '00000000-0000-4000-8000-000000000000',
    authorizeExternally: async () => ({ kind: 'error', why: 'nobody is asked here' }),
    refetchJwks: async () => undefined,
  };
}
