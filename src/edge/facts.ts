import { hostOfAuthority, type PeerIdentity, type RequestFacts } from '../engine/facts.ts';
import { peerOfCertificate } from './client-certificate.ts';
import { rejoinCookies } from './cookies.ts';
import type { Connection, PlatformRequest } from './runtime.ts';
import type { Exchange } from './telemetry/exchange.ts';

/** The facts of a request as a platform hands it over. One object a request; nothing is parsed before it is asked for. */
export class EdgeFacts implements RequestFacts {
  readonly request: PlatformRequest;
  /** Held here: in workerd every look at a property of a request is a call into the runtime. */
  readonly headers: Headers;
  readonly method: string;
  readonly authority: string;
  /** Host of the authority in lower case. */
  readonly host: string;
  readonly rawPath: string;
  readonly query: string | undefined;
  readonly peerAddress: string;
  /** Set once the server is known on which the request arrives. */
  scheme: 'http' | 'https';
  port: number;
  /** What is left of the body after an external authorizer has seen it; undefined: nobody has read it. */
  body: ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer> | undefined = undefined;
  /** What is noted of the request for logs, metrics and traces. */
  exchange: Exchange | undefined = undefined;
  #peer: PeerIdentity | null | undefined = null;

  constructor(request: PlatformRequest, connection?: Connection) {
    const { headers } = request;
    const url = connection === undefined ? request.url : connection.url;
    this.request = request;
    this.headers = headers;
    this.method = request.method;
    const hostStart = url.indexOf('://') + 3;
    const pathStart = url.indexOf('/', hostStart);
    const urlHost = pathStart === -1 ? url.slice(hostStart) : url.slice(hostStart, pathStart);
    // The header has the authority as the client sent it; the URL's is lower case and without a default port.
    this.authority = headers.get('host') ?? urlHost;
    this.host = hostOfAuthority(this.authority);
    this.scheme = url.charCodeAt(4) === 115 /* s */ ? 'https' : 'http';
    this.port = portOf(urlHost) ?? (this.scheme === 'https' ? 443 : 80);
    const question = pathStart === -1 ? -1 : url.indexOf('?', pathStart);
    this.rawPath = pathStart === -1 ? '/' : question === -1 ? url.slice(pathStart) : url.slice(pathStart, question);
    this.query = question === -1 ? undefined : url.slice(question + 1);
    this.peerAddress =
      connection === undefined
        ? (headers.get('cf-connecting-ip') ?? workerdAddress(request.cf?.clientIp) ?? '127.0.0.1')
        : connection.clientAddress;
  }

  /** The platform has resolved trusted proxies already. */
  get clientAddress(): string {
    return this.peerAddress;
  }

  /** Of path and query together. */
  get targetLength(): number {
    return this.rawPath.length + (this.query === undefined ? 0 : this.query.length + 1);
  }

  get sni(): string | undefined {
    return this.scheme === 'https' ? this.host : undefined;
  }

  get peer(): PeerIdentity | undefined {
    if (this.#peer === null) this.#peer = peerOfCertificate(this.request.cf?.tlsClientAuth);
    return this.#peer;
  }

  header(name: string): string | null {
    const value = this.headers.get(name);
    return value !== null && name === 'cookie' ? rejoinCookies(value) : value;
  }
}

function portOf(urlHost: string): number | undefined {
  const colon = urlHost.lastIndexOf(':');
  return colon > urlHost.lastIndexOf(']') ? Number(urlHost.slice(colon + 1)) : undefined;
}

/** `203.0.113.7:4711` or `[2001:db8::1]:4711`. */
function workerdAddress(clientIp: string | undefined): string | undefined {
  if (clientIp === undefined) return undefined;
  const address = clientIp.slice(0, clientIp.lastIndexOf(':'));
  return address.startsWith('[') ? address.slice(1, -1) : address;
}
