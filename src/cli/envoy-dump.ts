import { readFile } from 'node:fs/promises';
import { CliError } from './cli-error.ts';
import { fetchStatus } from './fetch-status.ts';

type Fields = Readonly<Record<string, unknown>>;

/** What an Envoy holds now: `/config_dump?include_eds`, which hides private keys, and `/clusters` for endpoints. */
export interface EnvoyDump {
  /** By the type's last name (`ClustersConfigDump`). */
  readonly configs: ReadonlyMap<string, Fields>;
  /** Undefined: the dump is a file. */
  readonly clusters: (() => Promise<unknown>) | undefined;
}

/** `15000`, `127.0.0.1:15000`, a URL, or the file of a config_dump. */
export async function openEnvoyDump(target: string): Promise<EnvoyDump> {
  const base = adminUrl(target);
  const value = base === undefined ? await readDump(target) : await fetchStatus(`${base}/config_dump?include_eds`);
  const { configs } = (value ?? {}) as { readonly configs?: unknown };
  if (!Array.isArray(configs)) {
    throw new CliError(`${target} holds no config_dump of an Envoy`, {
      fix: 'Name the admin port of an Envoy (15000), or a file with what `/config_dump` of it says.',
    });
  }
  return {
    configs: new Map(configs.map((one: Fields) => [String(one['@type']).split('.').at(-1) ?? '', one])),
    clusters: base === undefined ? undefined : () => fetchStatus(`${base}/clusters?format=json`),
  };
}

function adminUrl(target: string): string | undefined {
  if (/^\d+$/.test(target)) return `http://127.0.0.1:${target}`;
  if (/^https?:\/\//.test(target)) return target.replace(/\/+$/, '');
  return /^[\w.-]+:\d+$|^\[[0-9a-f:]+\]:\d+$/i.test(target) ? `http://${target}` : undefined;
}

async function readDump(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    throw new CliError(`the config_dump ${file} cannot be read`, {
      why: cause instanceof Error ? cause.message : String(cause),
      fix: 'Name a file of JSON, or the admin address of an Envoy (127.0.0.1:15000).',
      cause,
    });
  }
}
