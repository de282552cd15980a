import type { Environment } from '../../engine/environment.ts';
import type { ServingConfig } from '../../engine/serving.ts';
import type { RequestCase } from './cases.ts';
import { distributionKey, distributionMismatches, mismatches } from './check.ts';
import type { RequestDescription } from './request.ts';
import { simulate } from './simulate.ts';

export interface CaseRunOptions {
  readonly random: () => number;
  readonly gatewayPort?: number | undefined;
  /** Makes the token of a case that gives claims. */
  sign(claims: Readonly<Record<string, unknown>>): Promise<string>;
}

/** What a case does not find fulfilled; empty when it passes. */
export async function runRequestCase(
  serving: ServingConfig,
  { request, times = 1, expect }: RequestCase,
  options: CaseRunOptions,
): Promise<string[]> {
  const description = await describe(request, options);
  const env = environment(options.random);
  const counts = new Map<string, number>();
  const problems: string[] = [];
  for (let i = 0; i < times; i++) {
    const outcome = await simulate(serving, description, env);
    if (i === 0) problems.push(...mismatches(expect, outcome));
    const key = distributionKey(outcome);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  if (expect.distribution !== undefined) problems.push(...distributionMismatches(expect.distribution, counts, times));
  return problems;
}

/** `GET http://host/path`, or the long form. */
async function describe(request: RequestCase['request'], options: CaseRunOptions): Promise<RequestDescription> {
  const { gatewayPort, sign } = options;
  if (typeof request === 'string') {
    const [first = '', second] = request.trim().split(/\s+/, 2);
    const line = second === undefined ? { url: first } : { method: first, url: second };
    return { ...line, gatewayPort };
  }
  const { token, headers, ...rest } = request;
  const bearer = token === undefined ? {} : { authorization: `Bearer ${await sign(token)}` };
  return { gatewayPort, ...rest, headers: { ...bearer, ...headers } };
}

function environment(random: () => number): Environment {
  return {
    nowMs: () => Date.now(),
    random,
    newRequestId: () => crypto.randomUUID(),
    authorizeExternally: async () => ({ kind: 'error', why: 'no external authorizer is asked here' }),
    refetchJwks: async () => undefined,
  };
}
