/**
 * `npm run bench [part…]`: every benchmark in one run, each part in a process of its own; see the targets beside each
 * line. With `--write` what they print is kept in RESULTS.md.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { benchChange } from './change.ts';
import { benchColdStart } from './cold-start.ts';
import { benchDecision } from './decision.ts';
import { benchEdge } from './edge.ts';
import { benchAuthorize } from './engine-authorize.ts';
import { benchJwt } from './engine-jwt.ts';
import { benchEngineRoutes } from './engine-routes.ts';
import { benchGrowth } from './growth.ts';
import { benchKubernetes } from './kubernetes.ts';
import { benchParse } from './parse.ts';
import { benchPeers } from './peers/peers.ts';
import { benchProxies } from './proxies.ts';
import { benchRegex } from './regex.ts';
import { writeResults } from './results.ts';
import { benchSidecarHops } from './sidecar-hops.ts';
import { benchSnapshot } from './snapshot.ts';
import { benchTelemetry } from './telemetry.ts';

const parts: Readonly<Record<string, () => void | Promise<void>>> = {
  routes: benchEngineRoutes,
  authorize: benchAuthorize,
  jwt: benchJwt,
  regex: benchRegex,
  parse: benchParse,
  snapshot: benchSnapshot,
  kubernetes: benchKubernetes,
  edge: benchEdge,
  telemetry: benchTelemetry,
  proxies: benchProxies,
  hops: benchSidecarHops,
  decision: benchDecision,
  growth: benchGrowth,
  'cold-start': benchColdStart,
  change: benchChange,
  peers: benchPeers,
};

/** Given to the process of one part. */
const ONLY = '--only';

const [first, ...rest] = process.argv.slice(2);
if (first === ONLY) await parts[rest[0] ?? '']?.();
else await runParts(process.argv.slice(2));

async function runParts(given: readonly string[]): Promise<void> {
  const asked = given.filter((word) => word !== '--write');
  const unknown = asked.filter((name) => !Object.hasOwn(parts, name));
  if (unknown.length > 0) {
    console.error(`There is no benchmark ${unknown.join(', ')}. There are: ${Object.keys(parts).join(', ')}.`);
    process.exitCode = 2;
    return;
  }
  for (const name of asked.length > 0 ? asked : Object.keys(parts)) {
    console.log(`\n— ${name}`);
    const printed = await runPart(name);
    if (printed === undefined) process.exitCode = 1;
    else if (given.includes('--write')) writeResults(new Map([[name, printed]]));
  }
}

/** What it has printed; undefined where it has failed. */
async function runPart(name: string): Promise<string | undefined> {
  const args = [...process.execArgv, import.meta.filename, ONLY, name];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
    process.stdout.write(text);
  });
  const [exitCode] = await once(child, 'close');
  return exitCode === 0 ? printed : undefined;
}
