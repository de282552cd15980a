import { CliError } from './cli-error.ts';

const TIMEOUT_MS = 10_000;

/** JSON that a part of the mesh tells of itself. The reason of a failure is a sentence; a token is in none. */
export async function fetchStatus(url: string, token?: string): Promise<unknown> {
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  let response: Response;
  try {
    response = await fetch(url, { headers, redirect: 'manual', signal: AbortSignal.timeout(TIMEOUT_MS) });
  } catch (cause) {
    const { message, cause: deeper } = cause as Error;
    throw new CliError(
      `${url} cannot be reached: ${deeper instanceof Error ? deeper.message || deeper.name : message}`,
      {
        cause,
      },
    );
  }
  if (response.status === 401) throw new CliError(`${url} asks for another admin token`);
  if (response.status !== 200) throw new CliError(`${url} answers ${response.status}`);
  try {
    return await response.json();
  } catch (cause) {
    throw new CliError(`${url} does not answer in JSON`, { cause });
  }
}
