import type { LinksConfig } from '../../edge/links.ts';
import { CLIENT_CERTIFICATE_FILE, CLIENT_KEY_FILE } from './client-certificate.ts';
import { privateKeyFile } from './link-keys.ts';
import type { LinkState } from './link-state.ts';

/** A call of wrangler, and the file that it reads from standard input: secrets are in no argument and no output. */
export interface WranglerStep {
  readonly what: string;
  readonly arguments: readonly string[];
  readonly stdinFile?: string;
}

export interface LinkTarget {
  /** URL of the gateway, by cluster; `*` for every cluster. */
  readonly clusters: Readonly<Record<string, string>>;
  /** Name of the binding with the client certificate; undefined: without mutual TLS. */
  readonly certificateBinding: string | undefined;
}

/** FORESAIL_LINKS. */
export function linksValue({ clusters, certificateBinding }: LinkTarget): LinksConfig {
  const binding = certificateBinding === undefined ? {} : { binding: certificateBinding };
  return {
    clusters: Object.fromEntries(Object.entries(clusters).map(([name, url]) => [name, { url, ...binding }])),
  };
}

/** `path`: of a file of the folder, as wrangler is to be told it. */
export function secretStep(state: LinkState, path: (file: string) => string): WranglerStep {
  return {
    what: `give the worker the key ${state.active} to sign passes with`,
    arguments: ['secret', 'put', 'EDGE_PASS_KEY'],
    stdinFile: path(privateKeyFile(state.active)),
  };
}

export function certificateStep(name: string, path: (file: string) => string): WranglerStep {
  const [cert, key] = [path(CLIENT_CERTIFICATE_FILE), path(CLIENT_KEY_FILE)];
  return {
    what: 'upload the client certificate that the worker shows to the gateways',
    arguments: ['mtls-certificate', 'upload', '--cert', cert, '--key', key, '--name', name],
  };
}

/** As one types it in a shell. */
export function shellCommand({ arguments: args, stdinFile }: WranglerStep): string {
  const words = ['npx', 'wrangler', ...args].map(quoted).join(' ');
  return stdinFile === undefined ? words : `${words} < ${quoted(stdinFile)}`;
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
