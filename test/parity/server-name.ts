import type { ParityRequest } from './mesh-case.ts';

/** What clients of these tests call a server whose host is no name. */
export const NO_NAME = 'none.invalid';

export function sniOf({ headers }: ParityRequest): string {
  const host = headers.find(([name]) => name.toLowerCase() === 'host')?.[1] ?? NO_NAME;
  const name = host.replace(/:\d*$/, '').toLowerCase();
  return /^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(name) && !/^[\d.]+$/.test(name) ? name : NO_NAME;
}
