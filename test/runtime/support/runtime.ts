/** A real edge in one of the runtimes, over a store of its own. */
export interface RuntimeEdge {
  readonly url: string;
  readonly logs: readonly string[];
  /** Writes these values to the store, the root last. */
  write(entries: ReadonlyMap<string, string>): Promise<void>;
  stop(): Promise<void>;
}

/** A place where the edge runs. */
export interface Runtime {
  readonly name: RuntimeName;
  start(vars: Readonly<Record<string, string>>): Promise<RuntimeEdge>;
}

export type RuntimeName = 'workerd' | 'Deno' | 'Node';

export const ADMIN_TOKEN = 'runtime-tests';
export const ADMIN_PREFIX = '/_foresail';

const MAX_REFRESHES = 40;

/** Asks the edge to look for a newer version until it serves this one. */
export async function refreshTo(edge: RuntimeEdge, version: number): Promise<void> {
  for (let attempt = 0; attempt < MAX_REFRESHES; attempt++) {
    if ((await refreshed(edge)) === version) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`the edge does not take version ${version}:\n${edge.logs.join('\n')}`);
}

/** The version that it serves after it has looked once. */
export async function refreshed(edge: RuntimeEdge): Promise<number | undefined> {
  const response = await fetch(`${edge.url}${ADMIN_PREFIX}/refresh`, {
    method: 'POST',
    headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
  });
  return ((await response.json()) as { readonly version?: number }).version;
}
