import * as z from 'zod';
import type { Report } from '../report.ts';
import type { FieldPath } from '../resource.ts';
import { wildcardHostProblem } from '../scalars/hostname.ts';
import { isDns1123Label } from '../scalars/label.ts';
import { int32, uint32 } from '../scalars/numbers.ts';

export const portSelector = z.strictObject({ number: uint32.optional() });

export const destination = z.strictObject({
  host: z.string(),
  subset: z.string().optional(),
  port: portSelector.optional(),
});

export type Destination = z.output<typeof destination>;

/** Of a TCP or TLS route. */
export const routeDestination = z.strictObject({ destination, weight: int32.optional() });

export type RouteDestination = z.output<typeof routeDestination>;

/** Istio's validateDestination. */
export function checkDestination({ host, subset, port }: Destination, path: FieldPath, report: Report): void {
  const problem = host === '*' ? 'invalid destination host *' : wildcardHostProblem(host);
  if (problem !== undefined) report.error([...path, 'host'], problem);
  if (subset) checkSubsetName(subset, [...path, 'subset'], report);
  if (port) checkPort(port.number ?? 0, [...path, 'port', 'number'], report);
}

export function checkSubsetName(name: string, path: FieldPath, report: Report): void {
  if (name === '') report.error(path, 'subset name cannot be empty');
  else if (!isDns1123Label(name)) report.error(path, `subset name is invalid: ${name}`);
}

export function checkPort(port: number, path: FieldPath, report: Report): void {
  if (port < 1 || port > 65535) report.error(path, `port number ${port} must be in the range 1..65535`);
}

/** Weights are relative; they only must not be negative, nor all zero where there is a choice. */
export function checkWeights(
  routes: readonly { readonly weight?: number | undefined }[],
  path: FieldPath,
  report: Report,
): void {
  let total = 0;
  for (const [index, { weight = 0 }] of routes.entries()) {
    if (weight < 0) report.error([...path, index, 'weight'], `weight ${weight} < 0`);
    total += weight;
  }
  if (routes.length > 1 && total === 0) report.error(path, 'total destination weight = 0');
}
