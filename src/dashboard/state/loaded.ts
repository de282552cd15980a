import { useEffect, useState } from 'preact/hooks';
import { ApiProblem, getJson } from './api.ts';

export type Loaded<T> =
  | { readonly kind: 'loading' }
  | { readonly kind: 'failed'; readonly problem: ApiProblem }
  | { readonly kind: 'loaded'; readonly value: T };

/**
 * What a view asks for itself, again whenever `beat` changes; undefined: nothing to ask for. What was loaded stays until
 * there is something newer of the same path.
 */
export function useLoaded<T>(path: string | undefined, beat: number = 0): Loaded<T> {
  const [held, setHeld] = useState<{ readonly path: string | undefined; readonly loaded: Loaded<T> }>({
    path: undefined,
    loaded: { kind: 'loading' },
  });
  // The beat says when to ask again
  useEffect(() => {
    if (path === undefined) return;
    const leaving = new AbortController();
    getJson<T>(path, leaving.signal).then(
      (value) => setHeld({ path, loaded: { kind: 'loaded', value } }),
      (error: unknown) => {
        if (error instanceof ApiProblem) setHeld({ path, loaded: { kind: 'failed', problem: error } });
      },
    );
    return () => leaving.abort();
  }, [path, beat]);
  return held.path === path ? held.loaded : { kind: 'loading' };
}
