import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { runForesail } from './run-foresail.ts';

const SAMPLES = join(import.meta.dirname, '..', '..', 'config', 'samples');
const QUIET = 'apiVersion: v1\nkind: Namespace\nmetadata:\n  name: quiet\n';
const GONE = `# A rule for nobody.
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: web, namespace: demo }
spec:
  hosts: [web]
  http:
    - fault: { delay: { fixedDelay: 1s, percent: 10 } }
      route:
        - destination:
            host: gone
`;

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'foresail-analyze-'));
  file = join(folder, 'web.yaml');
  await writeFile(file, GONE);
  await mkdir(join(folder, 'deeper'));
  await writeFile(join(folder, 'deeper', 'quiet.yaml'), QUIET);
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const analyze = (...args: string[]) => runForesail(['analyze', ...args]);

describe('foresail analyze', () => {
  it.each(['guestbook', 'bookinfo'])('has nothing above Info to say about the sample %s', async (name) => {
    const run = await analyze(join(SAMPLES, name), '--templates', '--output-threshold', 'Warning');
    expect(run).toMatchObject({ code: 0, stdout: '' });
    expect(run.stderr).toMatch(/^✔ No validation issues found when analyzing /);
  });

  it('prints as istioctl does, and ends with its exit code', async () => {
    const run = await analyze(file);
    expect(run.code).toBe(79);
    expect(run.stdout.split('\n').filter((line) => /^\w/.test(line))).toEqual([
      `Error [IST0101] (VirtualService demo/web ${file}:11) Referenced host not found: "gone"`,
      `Warning [IST0002] (VirtualService demo/web ${file}:1) Deprecated: HTTPRoute.fault.delay.percent is deprecated; use HTTPRoute.fault.delay.percentage`,
    ]);
    expect(run.stderr).toBe('Error: Analyzers found issues when analyzing all namespaces.\n');
  });

  it('looks into folders inside a folder only with --recursive', async () => {
    expect((await analyze(folder)).stdout).not.toContain('IST0102');
    expect((await analyze('-R', folder)).stdout).toContain(
      `(Namespace quiet ${join(folder, 'deeper', 'quiet.yaml')}:4)`,
    );
  });

  it('speaks JSON and YAML with istioctl’s keys', async () => {
    const json = JSON.parse((await analyze(file, '-o', 'json')).stdout) as object[];
    expect(json[0]).toEqual({
      code: 'IST0101',
      documentationUrl: 'https://istio.io/latest/docs/reference/config/analysis/ist0101/',
      fix: 'Correct the reference "gone", or create what it names.',
      level: 'Error',
      message: 'Referenced host not found: "gone"',
      origin: 'VirtualService demo/web',
      reference: `${file}:11`,
    });
    expect(parse((await analyze(file, '-o', 'yaml')).stdout)).toEqual(json);
  });

  it('annotates a pull request at the field itself', async () => {
    const lines = (await analyze(file, '-o', 'github')).stdout.trimEnd().split('\n');
    expect(lines[1]).toBe(
      `::warning file=${file},line=8,col=41,title=IST0002 Deprecated::Deprecated: HTTPRoute.fault.delay.percent is deprecated; use HTTPRoute.fault.delay.percentage`,
    );
  });

  it('writes SARIF', async () => {
    const sarif = JSON.parse((await analyze(file, '-o', 'sarif')).stdout);
    const [first] = sarif.runs[0].results;
    expect(sarif.version).toBe('2.1.0');
    expect(sarif.runs[0].tool.driver.rules.map(({ id }: { id: string }) => id)).toEqual(['IST0002', 'IST0101']);
    expect(first).toMatchObject({ ruleId: 'IST0101', ruleIndex: 1, level: 'error' });
    expect(first.locations[0].physicalLocation.region).toEqual({ startLine: 11, startColumn: 13 });
  });

  it('keeps its thresholds apart', async () => {
    const all = await analyze('-R', folder, '--failure-threshold', 'info', '-S', 'IST0101=*', '-S', 'IST0002=*');
    expect(all.code).toBe(79);
    const shown = await analyze(file, '--output-threshold', 'Error', '-S', 'IST0101=VirtualService demo/*');
    expect(shown).toMatchObject({ code: 0, stdout: '' });
    expect((await analyze(file, '--failure-threshold', 'Fatal')).code).toBe(2);
  });

  it('warns of a suppression that cannot do anything', async () => {
    const run = await analyze(file, '-S', 'IST9999=*');
    expect(run.stderr).toContain("Supplied message code 'IST9999' is an unknown message code");
    expect((await analyze(file, '-S', 'IST0101')).code).toBe(2);
  });

  it('runs one analyzer, or lists them', async () => {
    const run = await analyze(file, '--analyzer', 'deprecation.DeprecationAnalyzer');
    expect(run.code).toBe(0);
    expect(run.stdout).not.toContain('IST0101');
    expect((await analyze(file, '--analyzer', 'deprecation.DeprecationAnalyser')).stderr).toContain(
      'deprecation.DeprecationAnalyzer',
    );
    const list = await analyze('-L');
    expect(list.stdout).toContain('* virtualservice.DestinationHostAnalyzer:\n    Checks the destination hosts');
  });

  it('reads standard input, and gives its objects the namespace of -n', async () => {
    const run = await runForesail(['analyze', '-', '-n', 'demo'], {}, GONE.replace(', namespace: demo', ''));
    expect(run.stdout).toContain('Error [IST0101] (VirtualService demo/web -:11)');
    const other = await runForesail(['analyze', '-', '-n', 'other'], {}, GONE);
    expect(other.code).toBe(0);
  });

  it('takes documents that cannot be read for a failure of their own', async () => {
    await writeFile(file, 'a: [');
    expect(await analyze(file)).toMatchObject({ code: 65, stdout: expect.stringContaining('FS0001') });
    expect(await analyze(file, '--ignore-unknown')).toMatchObject({ code: 0, stdout: '' });
  });

  it('reads the mesh configuration from a file', async () => {
    const mesh = join(folder, 'mesh.yml');
    await writeFile(mesh, 'rootNamespace: mesh-root\ningressControllerMode: "OFF"\n');
    const gateway = join(folder, 'gateway.json');
    await writeFile(
      gateway,
      '{"apiVersion":"networking.istio.io/v1","kind":"Gateway","metadata":{"name":"g"},"spec":{"selector":{"istio":"ingressgateway"},"servers":[{"port":{"number":80,"name":"http","protocol":"HTTP"},"hosts":["*"]}]}}',
    );
    expect((await analyze(gateway)).code).toBe(0);
    expect((await analyze(gateway, '--meshConfigFile', mesh)).stdout).toContain('Referenced selector not found');
  });

  it('fixes what has one right answer, and tells the rest', async () => {
    const run = await analyze(file, '--fix');
    expect(run.stderr).toContain(`fixed 1 finding in ${file}`);
    expect(run.stdout).toContain('IST0101');
    expect(run.stdout).not.toContain('IST0002');
    expect(await readFile(file, 'utf8')).toBe(GONE.replace('percent: 10', 'percentage: { value: 10 }'));
  });

  it('takes less than 3 seconds for 2,000 resources', async () => {
    await writeFile(file, largeMesh(400));
    const startedMs = performance.now();
    const run = await analyze(file, '--output-threshold', 'Error');
    expect(performance.now() - startedMs).toBeLessThan(3_000);
    expect(run.stdout.match(/IST0173/g)).toHaveLength(800);
    expect(run.stderr).toMatch(/\d+ findings fewer with --templates/);
  });

  it('says what to do without a path, and skips other files', async () => {
    expect(await analyze()).toMatchObject({ code: 2, stderr: expect.stringContaining('Name files or folders') });
    expect(await analyze(join(folder, 'gone.yaml'))).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('cannot be read'),
    });
    await cp(file, join(folder, 'web.txt'));
    expect((await analyze(join(folder, 'web.txt'))).stderr).toContain('Skipping file');
  });
});

/** Five resources for each of so many services. */
function largeMesh(services: number): string {
  const documents: string[] = [];
  for (let i = 0; i < services; i++) {
    const metadata = `{ name: s${i}, namespace: team-${i % 20} }`;
    documents.push(
      `apiVersion: v1\nkind: Service\nmetadata: ${metadata}\nspec: { selector: { app: s${i} }, ports: [{ name: http, port: 80 }] }`,
      `apiVersion: apps/v1\nkind: Deployment\nmetadata: ${metadata}\nspec: { template: { metadata: { labels: { app: s${i}, version: v1 } }, spec: { containers: [{ name: app }] } } }`,
      `apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: ${metadata}\nspec: { host: s${i}, subsets: [{ name: v1, labels: { version: v1 } }, { name: v2, labels: { version: v2 } }] }`,
      `apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: ${metadata}\nspec: { hosts: [shop.example.com], gateways: [mesh, istio-system/gateway], exportTo: ["."], http: [{ match: [{ uri: { prefix: /s${i}/ } }], route: [{ destination: { host: s${i}, subset: v1 } }] }] }`,
      `apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: ${metadata}\nspec: { selector: { matchLabels: { app: s${i} } }, rules: [{ to: [{ operation: { methods: [GET] } }] }] }`,
    );
  }
  return documents.join('\n---\n');
}
