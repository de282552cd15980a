import type { ClusterConfig, DomainConfig, ListenerConfig } from '../../engine/config.ts';
import type { ExplainedOutcome } from '../../engine/explained-outcome.ts';
import type { TraceStep } from '../../engine/trace.ts';

/** Where an edge explains; without a debug token the path is the mesh's like any other. */
export const EXPLAIN_PATH = '/.well-known/foresail/explain';
export const LIVE_FORMAT = 1;

/** JWS EdDSA (RFC 8037): who holds one may ask an edge of the mesh why. */
export const DEBUG_TOKEN_TYPE = 'foresail-debug+jwt';
export const MAX_DEBUG_TOKEN_LIFETIME_S = 600;

export function debugAudience(mesh: string): string {
  return `foresail:explain:${mesh}`;
}

/** What is asked: as JSON in the query parameter `request`, or as the body of a POST. */
export interface AskedRequest {
  readonly method?: string | undefined;
  /** Absolute; its host is the authority unless a `host` header is given. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>> | undefined;
  /** The client's address. */
  readonly from?: string | undefined;
  /** Gateway server port; by default as the edge takes requests to arrive. */
  readonly gatewayPort?: number | undefined;
}

/** The account of a decision, and of the configuration that had a part in it. It holds no credential of the request. */
export interface LiveExplanation {
  readonly format: typeof LIVE_FORMAT;
  readonly version: number;
  readonly snapshotHash: string;
  /** As the edge saw it: the platform has parsed the URL. */
  readonly request: { readonly method: string; readonly url: string; readonly port: number; readonly scheme: string };
  /** Of the outcome that is told: the likeliest that is no injected abort. */
  readonly steps: readonly TraceStep[];
  /** The likeliest first. */
  readonly outcomes: readonly ExplainedOutcome[];
  readonly clusters: Readonly<Record<string, ClusterConfig>>;
  readonly listeners: readonly ListenerConfig[];
  /** Those that could take the request's host, each with the rules of the server that took the request. */
  readonly domains: Readonly<Record<string, DomainConfig>>;
  /** Authorizers that the request would be shown to; they are not asked, but taken to allow. */
  readonly external: readonly string[];
}
