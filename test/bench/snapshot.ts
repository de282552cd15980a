/** 1,000 VirtualServices of 10 rules: from YAML to published, the cold read of one host, and one change. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compileMesh } from '../../src/control/compile.ts';
import { Publisher } from '../../src/control/publish.ts';
import { parseYaml } from '../../src/resources/parse.ts';
import { FolderStore } from '../../src/store/folder.ts';
import { MemoryStore } from '../../src/store/memory.ts';
import { median } from './median.ts';

const SERVICES = 1000;
const RULES = 10;

function yaml(changed: boolean): string {
  const documents = [
    `apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: web, namespace: demo }
spec:
  selector: { istio: ingressgateway }
  servers: [{ port: { number: 80, name: http, protocol: HTTP }, hosts: ["*"] }]`,
    `apiVersion: v1
kind: Service
metadata: { name: web, namespace: demo }
spec: { selector: { app: web }, ports: [{ port: 80 }] }`,
  ];
  for (let service = 0; service < SERVICES; service++) {
    const rules = Array.from(
      { length: RULES },
      (_, rule) => `    - name: rule-${rule}
      match:
        - uri: { prefix: /p${rule}${changed && service === 500 && rule === 5 ? '-new' : ''} }
          headers: { x-version: { exact: "${rule}" } }
      timeout: 3s
      route: [{ destination: { host: web, port: { number: 80 } } }]`,
    );
    documents.push(`apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: vs-${service}, namespace: demo }
spec:
  hosts: [h${service}.example.com]
  gateways: [web]
  http:
${rules.join('\n')}`);
  }
  return documents.join('\n---\n');
}

export async function benchSnapshot(): Promise<void> {
  const text = yaml(false);
  const folder = mkdtempSync(join(tmpdir(), 'foresail-bench-'));
  try {
    const compileMs: number[] = [];
    for (let round = 0; round < 5; round++) {
      const publisher = new Publisher({
        store: new FolderStore(join(folder, `r${round}`)),
        mesh: 'bench',
        syncer: 'bench',
      });
      const start = performance.now();
      const { mesh } = compileMesh(parseYaml(text, { file: 'bench.yaml' }).resources);
      await publisher.publish(mesh.edge);
      compileMs.push(performance.now() - start);
    }
    console.log(
      `${SERVICES} VirtualServices × ${RULES} rules: YAML to published ${median(compileMs).toFixed(0)} ms, ` +
        `first time ${(compileMs[0] ?? 0).toFixed(0)} ms (target < 1500)`,
    );
    const store = new MemoryStore();
    const publisher = new Publisher({ store, mesh: 'bench', syncer: 'bench' });
    await publisher.publish(compileMesh(parseYaml(text, { file: 'bench.yaml' }).resources).mesh.edge);
    const entries = join(folder, 'entries.json');
    writeFileSync(entries, JSON.stringify([...store.values]));
    const changed = compileMesh(parseYaml(yaml(true), { file: 'bench.yaml' }).resources);
    const result = await publisher.publish(changed.mesh.edge);
    const written = result.kind === 'published' ? result.writtenKeys.length : 0;
    console.log(`one VirtualService changed: ${written} keys written (target ≤ 2)`);
    const cold = Array.from({ length: 7 }, (): { first: number; second: number } =>
      JSON.parse(
        execFileSync(process.execPath, [join(import.meta.dirname, 'cold-read.ts'), entries], { encoding: 'utf8' }),
      ),
    );
    const [first, second] = [cold.map((times) => times.first), cold.map((times) => times.second)].map(median);
    console.log(
      `cold read of one host: ${first?.toFixed(1)} ms CPU in a fresh process, start of its crypto included; ` +
        `${second?.toFixed(1)} ms once the code is warm (target < 5)`,
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

if (import.meta.main) await benchSnapshot();
