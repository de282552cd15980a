import { LocalTokenIssuer } from '../../ca/callers/local-issuer.ts';
import { jsonLog } from '../../ca/log.ts';
import { FolderCaStore } from '../../ca/store/folder-store.ts';
import { startForesaild } from '../../control/daemon/foresaild.ts';
import { openOrInitCa } from '../../control/daemon/open-ca.ts';
import { meshEncoder } from '../../control/proxies/mesh-encoder.ts';
import { Publisher } from '../../control/publish.ts';
import { MemoryStore } from '../../store/memory.ts';
import { syncReporter } from '../commands/syncer.ts';
import type { FolderDaemonOptions } from '../daemon-options.ts';
import { openLink } from '../open-link.ts';
import { openCompiler, openSource } from '../source-options.ts';
import { telemetryAddress } from '../telemetry-address.ts';
import { consoleFacts, openVersions, type StartedDaemon } from './started.ts';

/** Foresaild with everything from folders: resources, the CA, tokens, the keys of the link. */
export async function startOverFolder(paths: readonly string[], options: FolderDaemonOptions): Promise<StartedDaemon> {
  const { caDir, linkDir, listen, httpHost = '127.0.0.1', name: names = ['localhost', '127.0.0.1'] } = options;
  const store = new FolderCaStore(caDir);
  const ca = await openOrInitCa(store, options.trustDomain ?? 'cluster.local', jsonLog('foresaild'));
  const versions = await openVersions(options);
  // Without a store what is published goes nowhere, but it still has versions and changes.
  const publisher =
    versions?.publisher ?? new Publisher({ store: new MemoryStore(), mesh: options.mesh, syncer: 'foresaild' });
  const link = linkDir === undefined ? undefined : await openLink(new FolderCaStore(linkDir), options);
  const source = openSource(paths);
  const daemon = await startForesaild({
    source,
    compiler: openCompiler(options),
    publisher,
    ca,
    tokens: await LocalTokenIssuer.open(store),
    encoder: meshEncoder({ clusterGateway: () => link?.options }),
    grpc: { address: listen ?? '127.0.0.1:15012', names, minPhaseMs: options.minPhase * 1000 },
    http: { host: httpHost, port: options.httpPort },
    telemetry: telemetryAddress(httpHost, options.telemetryPort),
    console: consoleFacts(source.name, versions),
    onSync: syncReporter(options.output, publisher.storeName),
  });
  return { daemon, link, webhookPort: undefined };
}
