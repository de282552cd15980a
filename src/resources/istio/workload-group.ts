import * as z from 'zod';
import { defineKind } from '../kind.ts';
import type { Report } from '../report.ts';
import { headerNameProblem } from '../scalars/http-header.ts';
import { labelsProblem } from '../scalars/label.ts';
import { int32, uint32 } from '../scalars/numbers.ts';
import { labels } from '../scalars/selector.ts';
import { checkPort } from './destination.ts';
import { workloadEntrySpec } from './workload-entry-schema.ts';

const readinessProbe = z.strictObject({
  initialDelaySeconds: int32.optional(),
  timeoutSeconds: int32.optional(),
  periodSeconds: int32.optional(),
  successThreshold: int32.optional(),
  failureThreshold: int32.optional(),
  httpGet: z
    .strictObject({
      path: z.string().optional(),
      port: uint32,
      host: z.string().optional(),
      scheme: z.string().optional(),
      httpHeaders: z.array(z.strictObject({ name: z.string(), value: z.string().optional() })).optional(),
    })
    .optional(),
  tcpSocket: z.strictObject({ host: z.string().optional(), port: uint32 }).optional(),
  exec: z.strictObject({ command: z.array(z.string()).optional() }).optional(),
  grpc: z.strictObject({ port: uint32.optional(), service: z.string().optional() }).optional(),
});

type ReadinessProbe = z.output<typeof readinessProbe>;

export const workloadGroup = defineKind({
  kind: 'WorkloadGroup',
  group: 'networking.istio.io',
  versions: ['v1', 'v1beta1', 'v1alpha3'],
  plural: 'workloadgroups',
  namespaced: true,
  fields: 'strict',
  schema: z.strictObject({
    spec: z.strictObject({
      metadata: z.strictObject({ labels: labels.optional(), annotations: labels.optional() }).optional(),
      /** Addresses are filled in when a workload joins. */
      template: workloadEntrySpec,
      probe: readinessProbe.optional(),
    }),
  }),
  validate({ spec }, report) {
    const problem = labelsProblem(spec.metadata?.labels);
    if (problem !== undefined) report.error(['spec', 'metadata', 'labels'], problem);
    if (spec.probe) checkProbe(spec.probe, report);
  },
});

/** Istio's validateReadinessProbe. */
function checkProbe(probe: ReadinessProbe, report: Report): void {
  const path = ['spec', 'probe'];
  const { httpGet, tcpSocket, exec, grpc } = probe;
  const numbers = [
    'initialDelaySeconds',
    'timeoutSeconds',
    'periodSeconds',
    'successThreshold',
    'failureThreshold',
  ] as const;
  for (const field of numbers) {
    if ((probe[field] ?? 0) < 0) report.error([...path, field], `${field} must be non-negative`);
  }
  const methods = [httpGet, tcpSocket, exec, grpc].filter((method) => method !== undefined).length;
  if (methods !== 1) report.error(path, 'exactly one of httpGet, tcpSocket, exec and grpc must be set');
  if (httpGet) {
    checkPort(httpGet.port, [...path, 'httpGet', 'port'], report);
    if (httpGet.scheme && httpGet.scheme !== 'HTTP' && httpGet.scheme !== 'HTTPS') {
      report.error([...path, 'httpGet', 'scheme'], 'httpGet.scheme must be one of "HTTPS", "HTTP"');
    }
    for (const [index, { name }] of (httpGet.httpHeaders ?? []).entries()) {
      const problem = headerNameProblem(name);
      if (problem !== undefined) report.error([...path, 'httpGet', 'httpHeaders', index, 'name'], problem);
    }
  }
  if (tcpSocket) checkPort(tcpSocket.port, [...path, 'tcpSocket', 'port'], report);
  if (exec && !exec.command?.length) report.error([...path, 'exec', 'command'], 'exec.command is required');
}
