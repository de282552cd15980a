import { type Command, Option } from 'commander';
import { readCacertsFolder } from '../../ca/authority/cacerts-folder.ts';
import { MeshCa } from '../../ca/authority/mesh-ca.ts';
import { revoke } from '../../ca/authority/revocation-lists.ts';
import { LocalTokenIssuer } from '../../ca/callers/local-issuer.ts';
import { jsonLog } from '../../ca/log.ts';
import { abortRotation, skipGate } from '../../ca/rotation/rotation-steps.ts';
import { startRotation } from '../../ca/rotation/start-rotation.ts';
import { startCaServer } from '../../ca/service/ca-server.ts';
import { openCaServices } from '../../ca/service/ca-services.ts';
import { type CaStatus, readCaStatus } from '../../ca/status.ts';
import { FolderCaStore } from '../../ca/store/folder-store.ts';
import { plural, printJson, printLine, printTable, stderr, stdout } from '../output.ts';
import { untilInterrupted } from '../until-interrupted.ts';

interface FolderOption {
  readonly dir: string;
}

const DEFAULT_FOLDER = '.foresail/ca';

export function configure(command: Command): void {
  withFolder(command.command('init').description('make a new root, or plug in an intermediate'))
    .option('--trust-domain <name>', "the mesh's trust domain", 'cluster.local')
    .option('--cacerts <folder>', 'ca-cert.pem, ca-key.pem, root-cert.pem, cert-chain.pem, as for Istio')
    .action(runInit);
  withFolder(command.command('status').description('issuers, roots, and what a rotation waits for'))
    .addOption(new Option('-o, --output <format>').choices(['text', 'json']).default('text'))
    .action(runStatus);
  withFolder(command.command('rotate').description('replace the root: the running CA goes from gate to gate'))
    .option('--cacerts <folder>', 'the new issuer; without it a new self-signed root')
    .option('--abort', 'give the rotation up and go back to the old root')
    .option('--skip-gate', 'do not wait any longer for what the current phase waits for')
    .action(runRotate);
  withFolder(command.command('revoke').description('refuse a certificate before it expires'))
    .argument('<serial>', 'in hexadecimal')
    .option('--issuer <id>', 'whose certificate it is; without it the active issuer')
    .option('--only-ca', 'no other CA signs under the roots that are trusted here')
    .action(runRevoke);
  withFolder(command.command('token').description('mint a service-account token, where there is no Kubernetes'))
    .argument('<account>', '<namespace>/<service account>')
    .option('--ttl <seconds>', 'how long it is valid', Number, 43_200)
    .action(runToken);
  withFolder(command.command('serve').description('answer CreateCertificate, and carry rotations on'))
    .option('--listen <address>', 'host:port', '127.0.0.1:15012')
    .option('--name <name...>', 'DNS names and addresses by which agents reach it', ['localhost', '127.0.0.1'])
    .action(runServe);
}

function withFolder(command: Command): Command {
  return command.option(
    '--dir <folder>',
    "the CA's folder (env FORESAIL_CA_DIR)",
    process.env.FORESAIL_CA_DIR ?? DEFAULT_FOLDER,
  );
}

async function runInit({ dir, trustDomain, cacerts }: FolderOption & { trustDomain: string; cacerts?: string }) {
  const material = cacerts === undefined ? {} : { material: await readCacertsFolder(cacerts) };
  const ca = await MeshCa.init({ store: new FolderCaStore(dir), trustDomain, ...material });
  printLine(stdout, `made the CA of ${trustDomain} in ${dir}: issuer ${ca.active.id}`);
}

async function runStatus({ dir, output }: FolderOption & { output: 'text' | 'json' }) {
  const status = await readCaStatus(new FolderCaStore(dir));
  if (output === 'json') printJson(status, stdout);
  else printStatus(status);
}

function printStatus({ trustDomain, issuers, rotation, leaves, revoked }: CaStatus): void {
  printLine(stdout, `trust domain ${trustDomain}, ${plural(leaves, 'proxy certificate')} around, ${revoked} revoked`);
  printTable(
    [
      ['ISSUER', 'SIGNS', 'KIND', 'EXPIRES', 'SUBJECT'],
      ...issuers.map(({ id, isActive, kind, expires, subject }) => [
        id,
        isActive ? 'yes' : 'no',
        kind,
        expires,
        subject,
      ]),
    ],
    stdout,
  );
  if (rotation === undefined) return;
  const { phase, from, to, since, gate } = rotation;
  printLine(stdout, `rotation from ${from} to ${to}: phase ${phase} since ${since}`);
  if (gate === undefined) {
    printLine(stdout, '  no running CA has looked at its gate yet: start `foresail ca serve` or foresaild');
    return;
  }
  printLine(stdout, `  waits for ${gate.waitsFor}: ${gate.done} of ${gate.total}`);
  for (const name of gate.missing) printLine(stdout, `  missing: ${name}`);
}

async function runRotate(options: FolderOption & { cacerts?: string; abort?: true; skipGate?: true }) {
  const ca = await MeshCa.open({ store: new FolderCaStore(options.dir) });
  if (options.abort === true) {
    await ca.change((state) => abortRotation(state, Date.now()));
    printLine(stdout, `issuer ${ca.active.id} signs`);
  } else if (options.skipGate === true) {
    await ca.change(skipGate);
    printLine(stdout, 'the running CA takes the next step at once; proxies that were not ready may refuse each other');
  } else {
    const material = options.cacerts === undefined ? undefined : await readCacertsFolder(options.cacerts);
    const id = await startRotation(ca, material);
    printLine(stdout, `distributing the root of ${id}; \`foresail ca status\` shows how far it is`);
  }
}

async function runRevoke(serial: string, { dir, issuer, onlyCa }: FolderOption & { issuer?: string; onlyCa?: true }) {
  const ca = await MeshCa.open({ store: new FolderCaStore(dir) });
  await revoke(ca, serial, { isOnlyCa: onlyCa === true, ...(issuer === undefined ? {} : { issuerId: issuer }) });
  printLine(stdout, `revoked ${serial}`);
}

async function runToken(account: string, { dir, ttl }: FolderOption & { ttl: number }) {
  const [namespace = '', serviceAccount = ''] = account.split('/');
  const issuer = await LocalTokenIssuer.open(new FolderCaStore(dir));
  printLine(stdout, await issuer.mint({ namespace, serviceAccount, ttlS: ttl }));
}

async function runServe({ dir, listen, name }: FolderOption & { listen: string; name: string[] }) {
  const store = new FolderCaStore(dir);
  const ca = await MeshCa.open({ store, log: jsonLog('ca') });
  const services = await openCaServices(ca, await LocalTokenIssuer.open(store));
  const server = await startCaServer({ services, address: listen, names: name });
  printLine(stderr, `the CA of ${ca.trustDomain} listens on ${listen}; Ctrl-C ends it`);
  await untilInterrupted();
  await server.stop();
}
