import type { Credentials } from '../../support/workload-credentials.ts';

/** What a test tells the application of a pod to do, one JSON object for each command. */
export type Command =
  | ({ readonly do: 'http' } & HttpCall)
  | { readonly do: 'tcp'; readonly host: string; readonly port: number; readonly text: string }
  | ({ readonly do: 'tls' } & TlsCall)
  | { readonly do: 'grpc'; readonly target: string; readonly text: string; readonly count?: number }
  | { readonly do: 'websocket'; readonly url: string; readonly text: string }
  | { readonly do: 'look-up'; readonly name: string }
  | { readonly do: 'load'; readonly url: string }
  | { readonly do: 'end-load' }
  | { readonly do: 'measure'; readonly url: string; readonly count: number }
  | { readonly do: 'health'; readonly isHealthy: boolean }
  | { readonly do: 'serve-tls'; readonly port: number; readonly tls: Credentials }
  | { readonly do: 'tls-refusals' };

export interface HttpCall {
  readonly url: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: string;
  readonly tookMs: number;
}

/** One HTTP request over TLS, as a sidecar would send it. */
export interface TlsCall {
  readonly host: string;
  readonly port: number;
  readonly tls: Credentials;
}

/** What the application of a pod says of a request that it has got. */
export interface Echo {
  readonly pod: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
}

export interface LoadReport {
  readonly succeeded: number;
  readonly failures: readonly string[];
  readonly pods: Readonly<Record<string, number>>;
}

export interface Percentiles {
  readonly medianMs: number;
  readonly p99Ms: number;
}

export const HTTP_PORT = 8080;
export const TCP_PORT = 9000;
export const GRPC_PORT = 9090;
