import { meshYaml, type ParityCase } from './mesh-case.ts';
import type { Difference } from './observation.ts';
import { wireForm } from './raw-http.ts';

export function describeCase({ mesh, request }: ParityCase, differences: readonly Difference[]): string {
  const from = `${request.client} to port ${request.port}${request.tls ? ' (TLS)' : ''}`;
  return [
    meshYaml(mesh),
    `# request from ${from}`,
    ...wireForm(request)
      .split('\r\n')
      .map((line) => `#   ${line.length > 400 ? `${line.slice(0, 400)}…` : line}`),
    ...differences.map(({ what, side, engine, other }) => `# ${what}: engine ${engine} | ${side} ${other}`),
  ].join('\n');
}
