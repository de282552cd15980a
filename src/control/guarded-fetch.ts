import { lookup } from 'node:dns';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { rootCertificates } from 'node:tls';
import { BlockedAddresses, LOOPBACK_CIDRS, METADATA_CIDRS, namesLoopback } from './blocked-addresses.ts';

export interface GuardedFetchOptions {
  /** CIDRs beside those of cloud metadata services that must not be called, as Istio's BLOCKED_CIDRS_IN_JWKS_URIS. */
  readonly blockedCidrs?: readonly string[] | undefined;
  /** PEM of authorities to trust beside the system's. */
  readonly ca?: string | undefined;
}

/** The URL leads where nobody may call, whoever asks. */
export class ForbiddenAddress extends Error {
  override readonly name = 'ForbiddenAddress';
}

const TIMEOUT_MS = 5_000;
const MAX_BYTES = 1024 * 1024;
const MAX_REDIRECTS = 3;

/**
 * Fetches a small JSON object from a URL that stands in somebody's YAML. The address is checked after it is resolved
 * and before it is called, redirects included; the time and the size are bounded whatever the other side does.
 */
export async function fetchJsonGuarded(url: string, options: GuardedFetchOptions = {}): Promise<object> {
  const blocked = new BlockedAddresses([
    ...METADATA_CIDRS,
    ...(namesLoopback(url) ? [] : LOOPBACK_CIDRS),
    ...(options.blockedCidrs ?? []),
  ]);
  const deadline = AbortSignal.timeout(TIMEOUT_MS);
  let target = url;
  for (let redirects = 0; ; redirects++) {
    const response = await get(target, blocked, options.ca, deadline);
    const { statusCode = 0, headers } = response;
    if (statusCode >= 300 && statusCode < 400 && headers.location !== undefined) {
      response.destroy();
      if (redirects >= MAX_REDIRECTS) throw new Error(`${url} redirects more than ${MAX_REDIRECTS} times`);
      target = new URL(headers.location, target).href;
      continue;
    }
    if (statusCode !== 200) {
      response.destroy();
      throw new Error(`${target} answers ${statusCode}`);
    }
    return parseObject(await readBounded(response, target), target);
  }
}

function get(
  url: string,
  blocked: BlockedAddresses,
  ca: string | undefined,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => {
      const text = `${url} cannot be reached: ${reasonOf(error, signal)}`;
      reject(error instanceof ForbiddenAddress ? new ForbiddenAddress(text) : new Error(text));
    };
    let target: URL;
    try {
      target = new URL(url);
    } catch {
      return reject(new ForbiddenAddress(`${url} is no URL`));
    }
    if (target.protocol !== 'http:' && target.protocol !== 'https:') {
      return reject(new ForbiddenAddress(`${url} is not http(s)`));
    }
    const host = target.hostname.replace(/^\[|\]$/g, '');
    // An address in the URL is looked up by nobody.
    if (isIP(host) !== 0 && blocked.has(host)) return fail(new ForbiddenAddress(`${host} must not be called`));
    const send = target.protocol === 'https:' ? httpsRequest : httpRequest;
    const request = send(target, {
      signal,
      lookup: guardedLookup(blocked),
      headers: { accept: 'application/json' },
      ...(ca === undefined ? {} : { ca: [...rootCertificates, ca] }),
    });
    request.on('response', resolve);
    request.on('error', fail);
    request.end();
  });
}

/** What the connection is made to is what was checked: a name cannot change its mind in between. */
function guardedLookup(blocked: BlockedAddresses): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, []);
      const allowed = addresses.filter(({ address }) => !blocked.has(address));
      const [first] = allowed;
      if (first === undefined)
        return callback(new ForbiddenAddress(`the address of ${hostname} must not be called`), []);
      if (options.all === true) callback(null, allowed);
      else callback(null, first.address, first.family);
    });
  };
}

async function readBounded(response: IncomingMessage, url: string): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BYTES) {
      response.destroy();
      throw new Error(`${url} answers more than ${MAX_BYTES / 1024 / 1024} MiB`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseObject(text: string, url: string): object {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch {
    // Said below.
  }
  throw new Error(`${url} does not answer with a JSON object`);
}

function reasonOf(error: unknown, signal: AbortSignal): string {
  if (signal.aborted) return `no answer within ${TIMEOUT_MS / 1000} s`;
  const { code, message } = error as NodeJS.ErrnoException;
  return code === undefined ? message : `${code}`;
}
