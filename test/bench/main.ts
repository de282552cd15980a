/** `npm run bench [part…]`: every benchmark in one run, as ratios; see the targets beside each line. */
import { benchEdge } from './edge.ts';
import { benchAuthorize } from './engine-authorize.ts';
import { benchJwt } from './engine-jwt.ts';
import { benchEngineRoutes } from './engine-routes.ts';
import { benchKubernetes } from './kubernetes.ts';
import { benchParse } from './parse.ts';
import { benchPeers } from './peers/peers.ts';
import { benchProxies } from './proxies.ts';
import { benchRegex } from './regex.ts';
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
  peers: benchPeers,
};

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !Object.hasOwn(parts, name));
if (unknown.length > 0) {
  console.error(`There is no benchmark ${unknown.join(', ')}. There are: ${Object.keys(parts).join(', ')}.`);
  process.exitCode = 2;
} else {
  for (const [name, run] of Object.entries(parts)) {
    if (asked.length > 0 && !asked.includes(name)) continue;
    console.log(`\n— ${name}`);
    await run();
  }
}
