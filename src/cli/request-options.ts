import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { RequestDescription } from '../control/simulate/request.ts';
import { peerIdentity } from '../engine/peer-identity.ts';
import type { Mesh } from '../mesh/model.ts';
import { BadInput } from './bad-input.ts';
import { collectValues } from './collect-values.ts';
import { parsePort } from './parse-port.ts';

export interface RequestOptions {
  readonly header?: readonly string[];
  readonly jwt?: string;
  readonly from?: string;
  readonly gatewayPort?: number;
}

export function addRequestOptions(command: Command): Command {
  return command
    .option('-H, --header <name: value>', 'a header of the request; may be given several times', collectValues)
    .option('--jwt <file or token>', 'sent as Authorization: Bearer; never printed')
    .option('--jwks-ca <file>', 'PEM of authorities to trust for the keys of token issuers')
    .option('--from <ip>', "the client's address", '127.0.0.1')
    .option('--gateway-port <port>', "server port of the Gateway; by default the URL's own", parsePort);
}

/** The request, and what had to be guessed of it, in words. `served`: where the host of a path is to be found, or a URL. */
export async function describeRequest(
  method: string,
  url: string,
  options: RequestOptions,
  served: Mesh | string,
): Promise<{ readonly description: RequestDescription; readonly assumed: string | undefined }> {
  if (!/^[A-Za-z]+$/.test(method)) {
    throw new BadInput(`${JSON.stringify(method)} is no HTTP method`, {
      fix: 'Give the method first: `foresail explain GET http://shop.example.com/`.',
    });
  }
  const headers = readHeaders(options.header ?? []);
  if (options.jwt !== undefined) headers.authorization = `Bearer ${await readToken(options.jwt)}`;
  const absolute = absoluteUrl(url, headers, served);
  const { from, gatewayPort } = options;
  const description = { method: method.toUpperCase(), url: absolute.url, headers, from, gatewayPort };
  return { description, assumed: absolute.assumed };
}

function readHeaders(lines: readonly string[]): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {};
  for (const line of lines) {
    const colon = line.indexOf(':', 1);
    if (colon === -1) {
      throw new BadInput(`the header ${JSON.stringify(line)} has no value`, { fix: "Write it as -H 'name: value'." });
    }
    const name = line.slice(0, colon).trim().toLowerCase();
    const value = line.slice(colon + 1).trim();
    const before = headers[name];
    headers[name] = before === undefined ? value : [...[before].flat(), value];
  }
  return headers;
}

/** A file when there is one of that name; else the token itself. */
export async function readToken(fileOrToken: string): Promise<string> {
  if (/^[\w-]+\.[\w-]+\.[\w-]*$/.test(fileOrToken)) return fileOrToken;
  try {
    return (await readFile(fileOrToken, 'utf8')).trim();
  } catch (cause) {
    throw new BadInput('--jwt is neither a token nor a file that can be read', {
      why: 'a token has three parts, joined by dots',
      fix: 'Give the token, or the name of a file that holds it.',
      cause,
    });
  }
}

/** An address that can be a principal's: `spiffe://…`, with or without the scheme, or `ns/sa` of this mesh. */
export function readPrincipal(text: string, trustDomain: string): NonNullable<RequestDescription['peer']> {
  const short = /^([^/]+)\/([^/]+)$/.exec(text);
  const full = short === null ? text.replace(/^spiffe:\/\//, '') : `${trustDomain}/ns/${short[1]}/sa/${short[2]}`;
  const identity = peerIdentity(`spiffe://${full}`);
  if (identity !== undefined) return identity;
  throw new BadInput(`${JSON.stringify(text)} is no principal`, {
    fix: 'Write `cluster.local/ns/NAMESPACE/sa/SERVICE-ACCOUNT`, `NAMESPACE/SERVICE-ACCOUNT`, or `jwt:FILE`.',
  });
}

function absoluteUrl(
  url: string,
  headers: Readonly<Record<string, string | string[]>>,
  served: Mesh | string,
): { readonly url: string; readonly assumed: string | undefined } {
  if (/^https?:\/\/[^/?#]+/i.test(url)) return { url, assumed: undefined };
  if (!url.startsWith('/')) {
    if (/^[\w*.-]+(:\d+)?(\/|$)/.test(url) && url.includes('.')) {
      return { url: `http://${url}`, assumed: 'http:// is taken as the scheme' };
    }
    throw new BadInput(`${JSON.stringify(url)} is no URL`, {
      fix: 'Write http://HOST/PATH, or a path that begins with a slash.',
    });
  }
  const host = typeof headers.host === 'string' ? headers.host : undefined;
  if (typeof served === 'string') return { url: new URL(served).origin + url, assumed: undefined };
  if (host !== undefined) return { url: `${schemeOf(served, host)}://${host}${url}`, assumed: undefined };
  return onlyHost(url, served);
}

/** A path alone is enough where one host, or one set of hosts with the same rules, is served. */
function onlyHost(path: string, mesh: Mesh): { url: string; assumed: string } {
  const hosts = [...mesh.edge.domains.keys()];
  const byRules = new Map<string, string[]>();
  for (const name of hosts) {
    const rules = Object.values(mesh.edge.domains.get(name)?.virtualHosts ?? {}).flatMap(({ routes }) => routes);
    const key = JSON.stringify(rules);
    byRules.set(key, [...(byRules.get(key) ?? []), name]);
  }
  const [only, ...others] = byRules.values();
  const first = only?.toSorted((a, b) => a.length - b.length)[0];
  if (first === undefined) {
    throw new BadInput('the host of the path is not known', {
      why: 'no host is served here',
      fix: 'Name the folder with -f, and check that a VirtualService is bound to a Gateway.',
    });
  }
  if (others.length > 0) {
    throw new BadInput('the host of the path is not known', {
      why: `several are served: ${hosts.slice(0, 8).join(', ')}${hosts.length > 8 ? ', …' : ''}`,
      fix: 'Write the whole URL, or name the host: -H "host: NAME".',
    });
  }
  const host = first === '*' ? 'any.example' : first.startsWith('*') ? `any${first.slice(1)}` : first;
  const same = (only?.length ?? 1) > 1 ? ' (all served hosts have the same rules)' : '';
  return { url: `${schemeOf(mesh, host)}://${host}${path}`, assumed: `host ${host} is taken${same}` };
}

/** The port on which the host is served decides; a gateway without plaintext is meant with https. */
function schemeOf(mesh: Mesh, host: string): string {
  const { listeners } = mesh.edge.config;
  const tables = Object.keys(mesh.edge.domains.get(host)?.virtualHosts ?? {});
  const own = listeners.filter(({ tables: there }) => there.some(({ name }) => tables.includes(name)));
  const taking = own.length > 0 ? own : listeners;
  return taking.length > 0 && taking.every(({ tls }) => tls) ? 'https' : 'http';
}
