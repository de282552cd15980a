import { compileMesh } from '../control/compile.ts';
import { openVersion } from '../control/simulate/diff/open-version.ts';
import type { Side } from '../control/simulate/diff/side.ts';
import type { ConfigOrigin } from '../engine/values.ts';
import type { Finding } from '../resources/finding.ts';
import { parseYaml } from '../resources/parse.ts';
import { ROOT_KEY } from '../snapshot/format.ts';
import { versionsOf } from '../snapshot/history.ts';
import { readRoot } from '../snapshot/root.ts';
import { BadInput } from './bad-input.ts';
import { loadMesh, type MeshSourceOptions, meshConfigText } from './load-mesh.ts';
import { readGitTree } from './read-git-tree.ts';
import { openStore } from './store-options.ts';

export interface OpenedSide extends Side {
  readonly findings: readonly Finding[];
}

/**
 * `PATH`, `git:REVISION[:PATH]` or `store:PATH[@VERSION]`. Of a store that is named without a version: the one that was
 * published last at the given time, or last of all.
 */
export async function openSide(
  name: string,
  options: Omit<MeshSourceOptions, 'filename'>,
  atMs?: number,
): Promise<OpenedSide> {
  if (name.startsWith('git:')) return openRevision(name, options);
  if (name.startsWith('store:')) return openPublished(name, atMs);
  const { mesh, findings } = await loadMesh({ ...options, filename: [name] });
  return { name, input: mesh.edge, findings, locate: asItIs };
}

async function openRevision(name: string, options: Omit<MeshSourceOptions, 'filename'>): Promise<OpenedSide> {
  const [, revision = '', ...path] = name.split(':');
  const files = await readGitTree(revision, path.join(':'));
  const namespace = options.namespace === undefined ? {} : { defaultNamespace: options.namespace };
  const parsed = files.map(({ path: file, text }) => parseYaml(text, { file, ...namespace }));
  const meshConfigFile = await meshConfigText(options.meshConfigFile);
  const { mesh, findings } = compileMesh(
    parsed.flatMap(({ resources }) => resources),
    { meshConfigFile },
  );
  return { name, input: mesh.edge, findings: [...parsed.flatMap((one) => one.findings), ...findings], locate: asItIs };
}

async function openPublished(name: string, atMs = Number.POSITIVE_INFINITY): Promise<OpenedSide> {
  const [, path = '', wanted] = /^store:(.*?)(?:@(\d+))?$/.exec(name) ?? [];
  const isKv = path === 'kv';
  const store = openStore({
    store: isKv ? 'kv' : `folder:${path}`,
    ...fromEnvironment('account', process.env.CLOUDFLARE_ACCOUNT_ID),
    ...fromEnvironment('namespaceId', process.env.FORESAIL_KV_NAMESPACE_ID),
    ...fromEnvironment('apiBase', process.env.FORESAIL_KV_API_BASE),
  });
  const text = await store.get(ROOT_KEY);
  if (text === undefined)
    throw new BadInput(`nothing is published in the ${store.name}`, { fix: 'See `foresail push`.' });
  const versions = versionsOf(await readRoot(text, []));
  const version = versions.find((one) =>
    wanted === undefined ? one.createdAtMs <= atMs : one.version === Number(wanted),
  );
  if (version === undefined) {
    throw new BadInput(`the ${store.name} keeps no version ${wanted ?? `of ${new Date(atMs).toISOString()}`}`, {
      why: `kept are ${versions.map((one) => one.version).join(', ')}`,
      fix: 'Choose one of these: store:PATH@VERSION.',
    });
  }
  return { ...(await openVersion(store, version)), name: `store:${path}@${version.version}`, findings: [] };
}

function fromEnvironment<K extends string>(key: K, value: string | undefined): { [P in K]?: string } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]?: string });
}

function asItIs(origin: ConfigOrigin): ConfigOrigin {
  return origin;
}
