import type { ProblemView } from '../../control/console/wire.ts';

/** What went wrong, in the words of the API; without an answer, in ours. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';
  readonly status: number;
  readonly why: string | undefined;
  readonly fix: string | undefined;

  constructor(status: number, { error, why, fix }: ProblemView) {
    super(error);
    this.status = status;
    this.why = why;
    this.fix = fix;
  }
}

const TOKEN_KEY = 'foresail-token';

/** In this tab only, and only until it is closed. */
export function rememberToken(token: string | undefined): void {
  if (token === undefined) sessionStorage.removeItem(TOKEN_KEY);
  else sessionStorage.setItem(TOKEN_KEY, token);
}

export function getJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  return send(path, signal === undefined ? {} : { signal });
}

export function postJson<T>(path: string, body: unknown): Promise<T> {
  return send(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

async function send<T>(path: string, init: RequestInit): Promise<T> {
  const token = sessionStorage.getItem(TOKEN_KEY);
  const headers = new Headers(init.headers);
  if (token !== null) headers.set('authorization', `Bearer ${token}`);
  const response = await fetch(path, { ...init, headers }).catch((error: unknown) => {
    if (isAbort(error)) throw error;
    throw new ApiProblem(0, {
      error: 'the control plane does not answer',
      why: 'it was stopped, or the network between is gone',
      fix: 'What is shown is the last that was known; the console goes on trying.',
    });
  });
  const answer: unknown = await response.json().catch((error: unknown) => {
    // Who asked has left in the middle of the answer.
    if (isAbort(error)) throw error;
    return undefined;
  });
  if (response.ok && answer !== undefined) return answer as T;
  const isProblem = typeof answer === 'object' && answer !== null && 'error' in answer;
  throw new ApiProblem(
    response.status,
    isProblem ? (answer as ProblemView) : { error: `the control plane answered with ${response.status}` },
  );
}

function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError';
}

/** `/api/yaml?kind=…`, without what is undefined. */
export function withQuery(path: string, query: Readonly<Record<string, string | number | undefined>>): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) params.set(name, String(value));
  const text = params.toString();
  return text === '' ? path : `${path}?${text}`;
}
