import type { EnvoySupervisor } from '../envoy/supervisor.ts';
import type { Identity } from '../identity/identity.ts';

export interface MetricSources {
  readonly identity: Identity;
  readonly envoy: EnvoySupervisor;
}

/** The agent's own figures in Prometheus' text format. */
export function agentMetrics({ identity, envoy }: MetricSources, nowMs: number): string {
  const expiresInS = identity.certificate === undefined ? 0 : (identity.certificate.notAfterMs - nowMs) / 1000;
  return [
    // Istio's name, which dashboards and alerts know.
    metric(
      'istio_agent_cert_expiry_seconds',
      'gauge',
      'Time until the certificate expires',
      expiresInS,
      'resource_name="default"',
    ),
    metric('foresail_agent_certificate_renewals_total', 'counter', 'Certificates received', identity.renewals),
    metric('foresail_agent_certificate_failures_total', 'counter', 'Certificates not received', identity.failures),
    metric('foresail_agent_envoy_restarts_total', 'counter', 'How often Envoy was started again', envoy.restarts),
    metric('foresail_agent_resident_memory_bytes', 'gauge', "The agent's memory", process.memoryUsage.rss()),
  ].join('');
}

function metric(name: string, type: 'counter' | 'gauge', help: string, value: number, labels = ''): string {
  const series = labels === '' ? name : `${name}{${labels}}`;
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${series} ${value}\n`;
}
