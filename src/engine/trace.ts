import type { RouteConfig } from './config.ts';
import type { ConfigOrigin } from './values.ts';

/**
 * What the engine tells about a decision while it makes it. The engine that serves is the engine that explains:
 * with a tracer every candidate is tried in order and reported; without one nothing is built.
 */
export interface Tracer {
  step(step: TraceStep): void;
  /** Only what decided is told, found as without a tracer: for many requests of which few are looked at. */
  readonly isBrief?: boolean;
}

/** Steps of the sidecars behind the destination, as far as they are judged here; all others are the gateway's own. */
export interface AtDestination {
  readonly at?: 'destination';
}

export type TraceStep =
  | {
      readonly stage: 'server';
      readonly port: number;
      readonly table: string | undefined;
      readonly origin?: ConfigOrigin;
    }
  | { readonly stage: 'path'; readonly from: string; readonly to: string }
  | {
      readonly stage: 'host';
      readonly host: string;
      readonly domain: string | undefined;
      readonly httpsRedirect: boolean;
    }
  | {
      readonly stage: 'route';
      readonly route: string;
      readonly index: number;
      readonly origin: ConfigOrigin;
      readonly matched: boolean;
      /** Conditions that held before the first that failed: the higher, the nearer the miss. */
      readonly rank: number;
      /** The first condition that failed, in words: `method is POST, not GET`. */
      readonly failed?: string;
      /** Of the rule that matched. */
      readonly config?: RouteConfig;
    }
  | (AtDestination & {
      readonly stage: 'token';
      readonly issuer: string;
      readonly verdict: 'missing' | 'verified' | 'failed';
      readonly why?: string;
      readonly principal?: string;
      readonly origin: ConfigOrigin;
    })
  | (AtDestination & {
      readonly stage: 'policy';
      readonly action: 'CUSTOM' | 'AUDIT' | 'DENY' | 'ALLOW';
      readonly policy: string;
      readonly rule: number;
      readonly matched: boolean;
      /** Some of its facts can only be known where it is enforced. */
      readonly undecided?: boolean;
      readonly dryRun: boolean;
      /** The clause that decided: the one that failed, or the one that matched. */
      readonly clause: string;
      readonly origin: ConfigOrigin;
    })
  /** What the sidecars with one set of policies are certain to say. */
  | {
      readonly stage: 'sidecar';
      readonly cluster: string;
      readonly verdict: 'allow' | 'deny' | 'unknown';
      readonly rule: string;
      readonly why: string;
      readonly origin?: ConfigOrigin;
    }
  | {
      readonly stage: 'fault';
      readonly fault: 'delay' | 'abort';
      readonly hit: boolean;
      readonly partsPerMillion: number;
    }
  | { readonly stage: 'cors'; readonly outcome: 'preflight' | 'headers' | 'unmatched' }
  | {
      readonly stage: 'destination';
      readonly cluster: string;
      readonly share: number;
      readonly chosen: boolean;
      readonly origin: ConfigOrigin;
    }
  | { readonly stage: 'rewrite'; readonly from: string; readonly to: string };
