import type { FlowView, MutualTls } from '../../control/console/wire.ts';

export interface GraphNode {
  readonly id: string;
  readonly kind: 'client' | 'edge' | 'gateway' | 'service' | 'workload' | 'unknown';
  readonly label: string;
  readonly detail: string;
  /** The page of what it stands for. */
  readonly href: string | undefined;
  readonly mutualTls: MutualTls | undefined;
  readonly findings: 'Error' | 'Warning' | undefined;
}

export interface GraphEdge {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  /** Undefined: configured, and no request was seen. */
  readonly flow: FlowView | undefined;
  /** Whether what was seen went by mutual TLS. */
  readonly isLocked: boolean;
  readonly isConfigured: boolean;
}

export interface ServiceGraph {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
}

export interface GraphOptions {
  readonly level: 'services' | 'workloads';
  /** Undefined: all of them. */
  readonly namespace: string | undefined;
}

export class Gathered {
  readonly #nodes = new Map<string, GraphNode>();
  readonly #edges = new Map<string, GraphEdge>();

  node(node: GraphNode): void {
    if (!this.#nodes.has(node.id)) this.#nodes.set(node.id, node);
  }

  edge(from: string, to: string, seen: { flow?: FlowView; isLocked?: boolean; isConfigured?: boolean }): void {
    if (from === to) return;
    const id = `${from} → ${to}`;
    const before = this.#edges.get(id);
    const flow = seen.flow === undefined ? before?.flow : sumFlows(before?.flow, seen.flow);
    const isLocked = (before?.isLocked ?? true) && (seen.isLocked ?? true);
    const isConfigured = (before?.isConfigured ?? false) || (seen.isConfigured ?? false);
    this.#edges.set(id, { id, from, to, flow, isLocked, isConfigured });
  }

  graph(): ServiceGraph {
    const edges = [...this.#edges.values()].filter(({ from, to }) => this.#nodes.has(from) && this.#nodes.has(to));
    return {
      nodes: [...this.#nodes.values()],
      edges: edges.map((edge) => ({ ...edge, isLocked: edge.isLocked && edge.flow !== undefined })),
    };
  }
}

/** Durations of two flows cannot be added: the slower is told. */
function sumFlows(a: FlowView | undefined, b: FlowView): FlowView {
  if (a === undefined) return b;
  const requestsPerSecond = a.requestsPerSecond + b.requestsPerSecond;
  const errors = a.errorShare * a.requestsPerSecond + b.errorShare * b.requestsPerSecond;
  const slower = (a.p95Ms ?? 0) >= (b.p95Ms ?? 0) ? a : b;
  const outcomes = new Map<string, FlowView['outcomes'][number]>();
  for (const outcome of [...a.outcomes, ...b.outcomes]) {
    const key = `${outcome.code} ${outcome.flags}`;
    outcomes.set(key, { ...outcome, requests: (outcomes.get(key)?.requests ?? 0) + outcome.requests });
  }
  return {
    ...slower,
    requestsPerSecond,
    errorShare: requestsPerSecond === 0 ? 0 : errors / requestsPerSecond,
    outcomes: [...outcomes.values()],
  };
}
