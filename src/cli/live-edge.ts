import type { RequestDescription } from '../control/simulate/request.ts';
import { EXPLAIN_PATH, LIVE_FORMAT, type LiveExplanation } from '../edge/explain/live-explanation.ts';
import { CliError } from './cli-error.ts';

const TIMEOUT_MS = 15_000;

/** What a live edge says of a request. */
export async function askEdge(edge: string, token: string, asked: RequestDescription): Promise<LiveExplanation> {
  const url = new URL(EXPLAIN_PATH, edge).href;
  const response = await post(url, token, asked);
  const text = await response.text();
  const answer = parse(text);
  if (response.status === 400 || response.status === 503) {
    const { problem } = (answer ?? {}) as { readonly problem?: unknown };
    if (typeof problem === 'string') throw new CliError(`the edge cannot explain this: ${problem}`);
  }
  if (response.status !== 200 || !isExplanation(answer)) {
    throw new CliError(`${url} explains nothing (it answers ${response.status})`, {
      why: 'the edge has no such debug key, is of another mesh, is older, or the token has expired',
      fix: 'Set DEBUG_PUBLIC_KEY of the edge to the public half of the key (`foresail debug-token` prints it when it makes one), and give its MESH with --mesh.',
    });
  }
  if (answer.format !== LIVE_FORMAT) {
    throw new CliError(`the edge explains in format ${answer.format}, which this foresail does not read`, {
      fix: 'Use the release of foresail that the edge is of.',
    });
  }
  return answer;
}

async function post(url: string, token: string, asked: RequestDescription): Promise<Response> {
  const { method, url: target, headers, from, gatewayPort } = asked;
  try {
    return await fetch(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ method, url: target, headers, from, gatewayPort }),
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch (cause) {
    const { message, cause: deeper } = cause as Error;
    throw new CliError(`the edge ${url} cannot be reached`, {
      why: deeper instanceof Error ? `${message}: ${deeper.message}` : message,
      fix: 'Check the address behind --live.',
      cause,
    });
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isExplanation(value: unknown): value is LiveExplanation {
  return typeof value === 'object' && value !== null && 'format' in value && 'steps' in value && 'outcomes' in value;
}
