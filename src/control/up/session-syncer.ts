import type { Mesh } from '../../mesh/model.ts';
import type { Finding } from '../../resources/finding.ts';
import type { ConsoleFeed } from '../console/console-feed.ts';
import type { Publisher } from '../publish.ts';
import { type Syncer, startSyncer } from '../syncer.ts';
import { type EndpointTable, endpointTable, withApps } from './endpoints.ts';
import type { Hub } from './hub.ts';
import type { Inside } from './inside.ts';
import type { LocalEdge } from './local-edge.ts';
import type { SessionOptions } from './session-options.ts';
import type { SessionTelemetry } from './session-telemetry.ts';
import { addStandIns } from './stand-ins.ts';

/** Towards those who call, those who look, and the store. */
export interface Outside {
  readonly edge: LocalEdge;
  readonly console: ConsoleFeed;
  readonly publisher: Publisher;
  readonly seeing: SessionTelemetry;
}

/** What the last round has come to. */
export class SessionState {
  isStopping = false;
  mesh: Mesh | undefined;
  version = 0;
  hosts: readonly string[] = [];
  findings: readonly Finding[] = [];
  endpoints: EndpointTable = new Map();
  /** The first version is what the edge serves. */
  readonly live = Promise.withResolvers<void>();
}

/** Folder → Mesh → what runs behind it → KV → edge, again at every change. */
export function startSessionSyncer(
  options: SessionOptions,
  { edge, console, publisher, seeing }: Outside,
  hub: Hub,
  inside: Inside,
  state: SessionState,
): Syncer {
  const { source, compiler, echoMissing, runApps, onEvent } = options;
  return startSyncer({
    source,
    publisher,
    compile: async ({ resources }) => {
      const all = addStandIns(resources, { echoMissing }).resources;
      const { mesh, findings } = await compiler.compile(all);
      state.mesh = mesh;
      if (runApps) await inside.syncApps(mesh, resources);
      const endpoints = endpointTable(mesh);
      state.endpoints = new Map(
        [...endpoints].map(([cluster, standIns]) => [cluster, withApps(standIns, inside.urlOf)]),
      );
      state.hosts = [...mesh.edge.domains.keys()];
      // Before the snapshot: a new destination has its stand-in, and its sidecar, when the first request for it comes.
      hub.endpoints = new Map([...state.endpoints]);
      await inside.syncPods(mesh, all, [...endpoints.values()].flat());
      return { gateway: mesh.edge, findings };
    },
    onEvent: async (event) => {
      seeing.own.synced(event);
      if (event.kind === 'synced') {
        state.version = event.result.version.version;
        state.findings = event.findings;
        await edge.refreshTo(state.version);
        if (state.mesh !== undefined) console.compiled(state.mesh, event.findings, state.version);
      } else console.failed(event.error);
      onEvent({ kind: 'sync', event, hosts: state.hosts });
      if (event.kind === 'synced') state.live.resolve();
    },
  });
}
