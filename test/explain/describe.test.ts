import { expect, it } from 'vitest';
import { compileMesh } from '../../src/control/compile.ts';
import { describeHost } from '../../src/control/explain/describe/describe-host.ts';
import { describeRoute } from '../../src/control/explain/describe/describe-route.ts';
import { describeService } from '../../src/control/explain/describe/describe-service.ts';
import { describeWorkload } from '../../src/control/explain/describe/describe-workload.ts';
import { enforcementMap } from '../../src/control/explain/enforcement-map.ts';
import { kinds } from '../../src/resources/kinds.ts';
import { parseYaml } from '../../src/resources/parse.ts';
import { goldenCase, goldenFolders } from './golden-cases.ts';

/** Whatever the resources, each thing in them can be described, and each policy has its place. */
it.each(goldenFolders)('%s', (folder) => {
  const { mesh } = goldenCase(folder);
  for (const service of mesh.registry.services) expect(describeService(mesh, service).length).toBeGreaterThan(0);
  for (const workload of mesh.registry.workloads) expect(describeWorkload(mesh, workload).length).toBeGreaterThan(1);
  for (const host of mesh.edge.domains.keys())
    expect(describeHost(mesh, host)?.[0]?.details?.length).toBeGreaterThan(0);
  for (const { metadata } of mesh.resources.of(kinds.virtualService)) {
    expect(describeRoute(mesh, metadata.name, metadata.namespace)).toHaveLength(1);
  }
  for (const { where } of enforcementMap(mesh)) expect(where).not.toBe('');
});

const PEER = (name: string, namespace: string, spec: string): string =>
  `---\napiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: { name: ${name}, namespace: ${namespace} }\nspec: ${spec}\n`;
const WEB = `apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: shop }
spec: { template: { metadata: { labels: { app: web } }, spec: { containers: [{ name: a }] } } }
`;

it.each([
  ['nothing', '', 'PERMISSIVE (Istio'],
  ['the mesh', PEER('m', 'istio-system', '{ mtls: { mode: STRICT } }'), 'STRICT (m.istio-system)'],
  [
    'a selector of the root namespace',
    PEER('m', 'istio-system', '{ selector: { matchLabels: { app: web } }, mtls: { mode: STRICT } }'),
    'PERMISSIVE',
  ],
  [
    'the namespace',
    PEER('m', 'istio-system', '{ mtls: { mode: STRICT } }') + PEER('ns', 'shop', '{ mtls: { mode: DISABLE } }'),
    'DISABLE (ns.shop)',
  ],
  [
    'the workload',
    PEER('ns', 'shop', '{ mtls: { mode: DISABLE } }') +
      PEER('w', 'shop', '{ selector: { matchLabels: { app: web } }, mtls: { mode: STRICT } }'),
    'STRICT (w.shop)',
  ],
  [
    'a workload that inherits',
    PEER('ns', 'shop', '{ mtls: { mode: STRICT } }') +
      PEER('w', 'shop', '{ selector: { matchLabels: { app: web } }, mtls: { mode: UNSET } }'),
    'STRICT (ns.shop)',
  ],
])('effective PeerAuthentication comes from %s', (_, yaml, text) => {
  const { resources } = parseYaml(WEB + yaml, { file: 'in.yaml' });
  const { mesh } = compileMesh(resources);
  const [web] = mesh.registry.workloads;
  if (web === undefined) throw new Error('there is no web');
  const lines = describeWorkload(mesh, web).filter(({ what }) => what === 'Effective PeerAuthentication');
  expect(lines).toHaveLength(1);
  expect(lines[0]?.text.startsWith(text)).toBe(true);
});
