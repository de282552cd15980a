/** One end of traffic, a node of the service graph. */
export interface Peer {
  readonly kind: 'client' | 'edge' | 'gateway' | 'workload' | 'unknown';
  /** Country of clients, location of an edge, name of a gateway or a workload. */
  readonly name: string;
  /** Empty but for gateways and workloads. */
  readonly namespace: string;
  readonly version: string;
  /** Fully qualified service that it was called by; empty for a client and an edge. */
  readonly service: string;
}

/** Who calls whom, as one side has seen it: an edge of the service graph. */
export interface Pair {
  /** `edge`: reported by an edge worker; the others by sidecars, as in Istio's metrics. */
  readonly reporter: 'edge' | 'source' | 'destination';
  readonly source: Peer;
  readonly destination: Peer;
  readonly protocol: string;
  readonly security: 'mutual_tls' | 'none' | 'unknown';
}

/** What happened between two instants. */
export interface Traffic {
  readonly requests: number;
  /** Answers from 500 on, and requests without any. */
  readonly errors: number;
  readonly durationSumMs: number;
  /** Requests by bucket of HISTOGRAM_BOUNDS, one more for what is above. */
  readonly durationCounts: readonly number[];
  readonly bytesReceived: number;
  readonly bytesSent: number;
  /** By response code and flags, every one of them, most frequent first. */
  readonly outcomes: readonly Outcome[];
}

export interface Outcome {
  readonly code: number;
  /** Envoy's, `-` for none. */
  readonly flags: string;
  readonly requests: number;
}

export interface PairTraffic extends Traffic {
  readonly pair: Pair;
}

/** Traffic from `timeMs` to the next point. */
export interface TrafficPoint extends Traffic {
  readonly timeMs: number;
}

/** Requests that were refused or failed, by why. */
export interface RefusalCount {
  readonly code: number;
  readonly flags: string;
  /** Envoy's RESPONSE_CODE_DETAILS. */
  readonly reason: string;
  /** The object that decided: `AuthorizationPolicy/default/deny-admin`; empty: none did. */
  readonly origin: string;
  /** Fully qualified service that was meant; empty: none was found. */
  readonly service: string;
  readonly requests: number;
}

export interface TimeRange {
  readonly fromMs: number;
  /** Exclusive. */
  readonly toMs: number;
}
