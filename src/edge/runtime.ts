/** What the edge needs of a runtime beside the Fetch API; Workers and Deno both have it in some form. */
export interface RequestContext {
  /** Keeps the work alive after the response has been given. */
  waitUntil(work: Promise<unknown>): void;
}

/** Something that takes HTTP requests: the global fetch or a binding of the worker. */
export interface Transport {
  fetch(request: string | Request, init?: RequestInit): Promise<Response>;
  /** For runtimes whose fetch cannot carry an upgrade: opens the WebSocket there, and accepts the client's own. */
  upgrade?(url: string, headers: Headers, original: Request): Promise<Response>;
  /** Sends the Host that it is given, not the URL's. */
  readonly takesHost?: boolean;
}

/** How a runtime reaches other servers without a binding. */
export interface Transports {
  readonly origin: Transport;
  readonly gateway: Transport;
}

/** What a runtime knows of a request and does not say in it. */
export interface Connection {
  /** The request's URL as the WHATWG has it: fetch would send it on as that, so that it has to be judged as that. */
  readonly url: string;
  readonly clientAddress: string;
}

/** Named bindings of a worker; values are whatever the platform put there. */
export type Bindings = Readonly<Record<string, unknown>>;

/** The upgraded half of a WebSocket response, where a runtime gives it to us (Workers). */
export interface UpgradedResponse extends Response {
  readonly webSocket?: object | null;
}

/** `request.cf` as far as it is read here. */
export interface IncomingProperties {
  /** Plain workerd: `address:port`. */
  readonly clientIp?: string;
  readonly tlsClientAuth?: TlsClientAuth;
}

/** https://developers.cloudflare.com/workers/runtime-apis/request/#incomingrequestcfproperties */
export interface TlsClientAuth {
  readonly certPresented?: string;
  /** `SUCCESS` for a certificate that the zone's client CA has signed. */
  readonly certVerified?: string;
  readonly certRevoked?: string;
  /** The leaf as a structured-field byte sequence (RFC 9440): `:<base64 DER>:`. */
  readonly certRFC9440?: string;
}

export type PlatformRequest = Request & { readonly cf?: IncomingProperties };

export const globalTransport: Transport = { fetch: (request, init) => fetch(request, init) };

export const GLOBAL_TRANSPORTS: Transports = { origin: globalTransport, gateway: globalTransport };
