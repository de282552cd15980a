import { execFileSync } from 'node:child_process';
import { describe, it } from 'vitest';
import { findEnvoy } from '../../src/xds/envoy-binary.ts';

const envoy = findEnvoy({ log: console.log });

/** The real Envoy; empty where tests that need it are skipped. */
export const ENVOY = envoy.path ?? '';

type Test = (name: string, run: () => Promise<void> | void, timeoutMs?: number) => void;

/** Tests of a real Envoy: skipped, with a count and the reason, where there is none; an error in CI. */
export function describeWithEnvoy(name: string, define: (test: Test) => void): void {
  describeWith(name, envoy.path === undefined ? envoy.why : undefined, define);
}

/** Tests that make network namespaces. */
export function describeAsRoot(name: string, define: (test: Test) => void): void {
  describeWith(name, missingForNamespaces(), define);
}

/** Tests of a real Envoy inside of network namespaces. */
export function describeCaptured(name: string, define: (test: Test) => void): void {
  describeWith(name, missingForCaptured(), define);
}

/** Tests in pods, which are network namespaces with an Envoy each. */
export function describeInCluster(name: string, define: (test: Test) => void): void {
  describeWith(name, missingForCaptured() ?? missingTools(CLUSTER_TOOLS), define);
}

const CLUSTER_TOOLS = ['tcpdump', 'redis-server', 'redis-cli', 'setpriv'];

function describeWith(name: string, missing: string | undefined, define: (test: Test) => void): void {
  if (missing === undefined) {
    describe(name, () => define((title, run, timeoutMs) => it(title, run, timeoutMs)));
    return;
  }
  let count = 0;
  describe.skip(name, () =>
    define((title, run) => {
      count += 1;
      it(title, run);
    }),
  );
  describe(name, () => {
    const text = `${count} tests are skipped: ${missing}`;
    it(text, () => {
      if (process.env.CI === 'true') throw new Error(text);
      console.warn(`${name}: ${text}`);
    });
  });
}

/** Undefined: nothing. */
export function missingForCaptured(): string | undefined {
  return missingForNamespaces() ?? (envoy.path === undefined ? envoy.why : undefined);
}

function missingForNamespaces(): string | undefined {
  if (process.platform !== 'linux') return 'network namespaces are a thing of Linux';
  if (process.getuid?.() !== 0) return 'they need root';
  try {
    execFileSync('ip', ['netns', 'list'], { stdio: 'ignore' });
  } catch {
    return 'the Debian package iproute2 is not there';
  }
  return missingTools(['iptables-restore', 'ip6tables-restore']);
}

function missingTools(tools: readonly string[]): string | undefined {
  for (const tool of tools) {
    try {
      execFileSync(tool, ['--version'], { stdio: 'ignore' });
    } catch {
      return `${tool} is not there`;
    }
  }
  return undefined;
}
