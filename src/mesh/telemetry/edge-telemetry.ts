import type { GatewayTelemetry } from '../../engine/config.ts';
import type { AccessLogConfig } from '../../engine/telemetry/config.ts';
import type { WorkloadLabels } from '../../engine/telemetry/workload-labels.ts';
import type { Finding } from '../../resources/finding.ts';
import { finding, messages } from '../../resources/finding-messages.ts';
import type { Origin } from '../../resources/origin.ts';
import type { MeshSettings } from '../model.ts';
import type { PolicyTarget } from '../policy-selection.ts';
import type { ResourceSet } from '../resource-set.ts';
import { resolveTelemetry } from './resolve.ts';

/** The telemetry of all gateways that one edge stands for, and what of it no worker can do. */
export class EdgeTelemetry {
  readonly scopes: Record<string, GatewayTelemetry> = {};
  readonly findings: Finding[] = [];
  readonly #input: { readonly set: ResourceSet; readonly settings: MeshSettings };

  constructor(input: { readonly set: ResourceSet; readonly settings: MeshSettings }) {
    this.#input = input;
  }

  add(key: string, target: PolicyTarget, workload: WorkloadLabels): void {
    const { scope, findings } = resolveTelemetry(target, 'CLIENT', this.#input);
    this.scopes[key] = {
      scope: { ...scope, accessLogs: scope.accessLogs.filter(({ sink }) => sink.kind !== 'grpc') },
      workload,
    };
    this.#tell([...findings, ...scope.accessLogs.flatMap(logFinding)]);
  }

  /** Gateways share the mesh's resources: each finding once. */
  #tell(findings: readonly Finding[]): void {
    for (const one of findings) {
      const isKnown = this.findings.some(
        ({ code, message, origin }) =>
          code === one.code && message === one.message && origin.path === one.origin.path && isSame(origin, one.origin),
      );
      if (!isKnown) this.findings.push(one);
    }
  }
}

function logFinding({ provider, sink, origin }: AccessLogConfig): Finding[] {
  if (origin === undefined) return [];
  if (sink.kind === 'otlp') return [finding(messages.TelemetryEdgeOnly, origin, { provider })];
  if (sink.kind !== 'grpc') return [];
  return [
    finding(messages.NotExecutableAtEdge, origin, {
      what: `The access log service ${provider}`,
      why: 'a worker speaks no gRPC to an origin',
      where: 'in sidecars and the classic Envoy gateway; at the edge use a file or OpenTelemetry provider',
    }),
  ];
}

function isSame(a: Origin, b: Origin): boolean {
  return a.kind === b.kind && a.namespace === b.namespace && a.name === b.name;
}
