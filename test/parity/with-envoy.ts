import { it } from 'vitest';
import { findEnvoy } from '../../src/xds/envoy-binary.ts';

/** A test against a real Envoy: skipped, and counted as such, where none can be had; required in CI. */
export function itWithEnvoy(name: string, test: (binary: string) => Promise<void>, timeoutMs = 60_000): void {
  const found = findEnvoy({ log: console.log });
  if (found.path === undefined) {
    if (process.env.CI === 'true') it(name, () => Promise.reject(new Error(found.why)));
    else it.skip(`${name} (${found.why})`, () => {});
    return;
  }
  const { path } = found;
  it(name, () => test(path), timeoutMs);
}
