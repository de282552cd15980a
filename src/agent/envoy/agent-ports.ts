/** Istio's 15000, 15020, 15021 and 15090; others where many agents share a machine. */
export interface AgentPorts {
  readonly admin: number;
  readonly status: number;
  readonly readiness: number;
  readonly prometheus: number;
}
