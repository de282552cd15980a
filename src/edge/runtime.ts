/** What the edge needs of a runtime beside the Fetch API; Workers and Deno both have it in some form. */
export interface RequestContext {
  /** Keeps the work alive after the response has been given. */
  waitUntil(work: Promise<unknown>): void;
}

/** Something that takes HTTP requests: the global fetch or a binding of the worker. */
export interface Transport {
  fetch(request: string | Request, init?: RequestInit): Promise<Response>;
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
