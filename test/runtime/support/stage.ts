import { afterAll, beforeAll } from 'vitest';
import { type Reply, send } from '../../edge/support/client.ts';
import { snapshotEntries } from '../../edge/support/snapshot.ts';
import { startUpstream, type Upstream } from '../../edge/support/upstream.ts';
import { DEBUG_PUBLIC_KEY } from './debug-key.ts';
import { runtimeMesh } from './mesh.ts';
import { type OddUpstream, startOddUpstream } from './odd-upstream.ts';
import { ADMIN_PREFIX, ADMIN_TOKEN, type Runtime, type RuntimeEdge, type RuntimeName, refreshTo } from './runtime.ts';

/** A runtime's edge with the mesh of the suites, and the servers behind it. */
export interface Stage {
  readonly runtime: RuntimeName;
  readonly edge: RuntimeEdge;
  readonly upstream: Upstream;
  send(path: string, options?: Parameters<typeof send>[1]): Promise<Reply>;
  /** What the upstream saw of it; the test fails where it was not reached. */
  seen(path: string, options?: Parameters<typeof send>[1]): Promise<SeenRequest>;
}

export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, readonly string[]>>;
  readonly body: string;
}

/** Set up before the tests of the file and taken down after them. */
export function stageIn(runtime: Runtime): () => Stage {
  let stage: Stage | undefined;
  let odd: OddUpstream | undefined;
  beforeAll(async () => {
    const upstream = await startUpstream();
    odd = await startOddUpstream();
    const edge = await runtime.start({
      GATEWAY_PORT: '80',
      ADMIN_PREFIX,
      ADMIN_TOKEN,
      DEBUG_PUBLIC_KEY,
      FORESAIL_LINKS: JSON.stringify({ clusters: { '*': { url: upstream.url } } }),
    });
    await edge.write(await snapshotEntries(runtimeMesh({ app: upstream.url, odd: odd.url })));
    await refreshTo(edge, 1);
    stage = { runtime: runtime.name, edge, upstream, ...sending(edge) };
  });
  afterAll(async () => {
    await stage?.edge.stop();
    await stage?.upstream.close();
    await odd?.close();
  });
  return () => {
    if (stage === undefined) throw new Error('the stage is not set');
    return stage;
  };
}

function sending(edge: RuntimeEdge): Pick<Stage, 'send' | 'seen'> {
  const sendTo: Stage['send'] = (path, options) => send(edge.url + path, options);
  return {
    send: sendTo,
    async seen(path, options) {
      const { status, text } = await sendTo(path, options);
      if (status !== 200) throw new Error(`${path} was answered ${status}: ${text.slice(0, 200)}`);
      return JSON.parse(text) as SeenRequest;
    },
  };
}
