import type { Expectation } from './cases.ts';
import type { Outcome } from './simulate.ts';

/** What an outcome does not fulfil of an expectation, in words; empty when all of it. */
export function mismatches(expected: Expectation, outcome: Outcome): string[] {
  const found: string[] = [];
  const compare = (what: string, wanted: unknown, actual: unknown): void => {
    if (wanted !== undefined && wanted !== actual) found.push(`${what}: expected ${show(wanted)}, got ${show(actual)}`);
  };
  const [, , subset, host] = outcome.destination?.split('|') ?? [];
  compare('status', expected.status, outcome.status);
  compare('body', expected.body, outcome.body);
  compare('destination', expected.destination, outcome.destination);
  compare('service', expected.service, host?.split('.')[0]);
  compare('subset', expected.subset, subset);
  compare('path', expected.path, outcome.path);
  compare('authority', expected.authority, outcome.authority);
  compare('delayMs', expected.delayMs, outcome.delayMs);
  compare('timeoutMs', expected.timeoutMs, outcome.timeoutMs);
  compare('flag', expected.flag, outcome.flag);
  compare('details', expected.details, outcome.details);
  compare('mirrors', expected.mirrors?.join(' '), expected.mirrors && outcome.mirrors.join(' '));
  for (const [name, value] of Object.entries(expected.headers ?? {})) {
    compare(`header ${name}`, joined(value), outcome.requestHeaders?.get(name) ?? null);
  }
  for (const [name, value] of Object.entries(expected.responseHeaders ?? {})) {
    compare(`response header ${name}`, joined(value), outcome.responseHeaders.get(name));
  }
  return found;
}

/** Shares that differ from the expected percentages by more than chance allows (five standard deviations). */
export function distributionMismatches(
  expected: Readonly<Record<string, number>>,
  counts: ReadonlyMap<string, number>,
  total: number,
): string[] {
  const found: string[] = [];
  for (const [key, percent] of Object.entries(expected)) {
    const share = percent / 100;
    const count = counts.get(key) ?? 0;
    const tolerance = 5 * Math.sqrt(total * share * (1 - share));
    if (Math.abs(count - total * share) > tolerance) {
      found.push(`${key}: expected ${percent} % of ${total}, got ${((100 * count) / total).toFixed(1)} %`);
    }
  }
  for (const [key, count] of counts) {
    if (!Object.hasOwn(expected, key)) found.push(`${key}: not expected, got ${count} of ${total}`);
  }
  return found;
}

/** How an outcome is counted: `service` or `service/subset` where forwarded, the status where answered. */
export function distributionKey(outcome: Outcome): string {
  const [, , subset, host] = outcome.destination?.split('|') ?? [];
  const service = host?.split('.')[0];
  if (service === undefined) return String(outcome.status);
  return subset === '' ? service : `${service}/${subset}`;
}

function joined(value: string | readonly string[] | null): string | null {
  return value === null || typeof value === 'string' ? value : value.join(', ');
}

function show(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}
