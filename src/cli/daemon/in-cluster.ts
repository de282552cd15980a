import { jsonLog, type Log } from '../../ca/log.ts';
import { startForesaildInCluster } from '../../control/daemon/foresaild-in-cluster.ts';
import { DEFAULT_INJECTION, type InjectionSettings } from '../../control/injection/settings.ts';
import { injectorFolder } from '../../control/install/injector-folder.ts';
import { KubeClient } from '../../control/kubernetes/kube-client.ts';
import { SecretCaStore } from '../../control/kubernetes/secret-ca-store.ts';
import { meshEncoder } from '../../control/proxies/mesh-encoder.ts';
import { syncReporter } from '../commands/syncer.ts';
import type { ClusterDaemonOptions } from '../daemon-options.ts';
import { openKubeConfig } from '../kube-options.ts';
import { openLink } from '../open-link.ts';
import { readOperator } from '../operator-file.ts';
import { openCompiler } from '../source-options.ts';
import { telemetryAddress } from '../telemetry-address.ts';
import { openVersions, type StartedDaemon } from './started.ts';

/** `link rotate` waits longer than this before the worker signs with a new key. */
const LOOK_AT_LINK_EVERY_MS = 5_000;

/** Foresaild with everything from the API server; what an installation has written down goes before defaults. */
export async function startInCluster(options: ClusterDaemonOptions): Promise<StartedDaemon> {
  const { namespace, service, edge, webhookPort, httpHost = '0.0.0.0', name: names = [] } = options;
  const operator = await readOperator(options.filename);
  const { network, meshId } = operator;
  const revision = options.revision ?? operator.revision ?? DEFAULT_INJECTION.revision;
  const log = jsonLog('foresaild');
  const installed = options.injector === undefined ? undefined : openInjector(options, options.injector, revision, log);
  const clusterId = installed?.().clusterId ?? operator.clusterId;
  const trustDomain = options.trustDomain ?? installed?.().trustDomain ?? operator.trustDomain;
  const compiler = openCompiler(options, {
    ...(clusterId === undefined ? {} : { clusterId }),
    ...(operator.meshConfig === undefined ? {} : { meshConfig: operator.meshConfig }),
  });
  const versions = await openVersions(options);
  if (versions === undefined) {
    log('nothing-published', {
      why: 'no store is given: proxies, certificates and webhooks only',
      fix: 'values.edge.kvNamespaceId of the installation, or --store',
    });
  }
  const config = openKubeConfig(options);
  const client = new KubeClient(config);
  const link =
    options.linkSecret === undefined
      ? undefined
      : await openLink(new SecretCaStore(client, namespace, options.linkSecret), options, LOOK_AT_LINK_EVERY_MS);
  const host = `${service}.${namespace}.svc`;
  const injection = {
    ...DEFAULT_INJECTION,
    discoveryAddress: `${host}:15012`,
    revision,
    clusterId: clusterId ?? DEFAULT_INJECTION.clusterId,
    network: network ?? DEFAULT_INJECTION.network,
    meshId: meshId ?? DEFAULT_INJECTION.meshId,
    trustDomain: trustDomain ?? DEFAULT_INJECTION.trustDomain,
  };
  const daemon = await startForesaildInCluster({
    client,
    namespace,
    identity: options.identity,
    trustDomain: injection.trustDomain,
    clusterId: injection.clusterId,
    compiler,
    publisherWith: versions?.publisher.within.bind(versions.publisher),
    encoder: meshEncoder({ clusterGateway: () => link?.options }),
    grpc: {
      address: options.listen ?? '0.0.0.0:15012',
      names: [host, `${host}.cluster.local`, 'localhost', '127.0.0.1', ...names],
      minPhaseMs: options.minPhase * 1000,
    },
    http: { host: httpHost, port: options.httpPort },
    telemetry: telemetryAddress(httpHost, options.telemetryPort),
    ...(webhookPort === undefined
      ? {}
      : { webhooks: { host: '0.0.0.0', port: webhookPort, service, injection: installed ?? (() => injection) } }),
    ...(edge === undefined ? {} : { edges: { edges: edge, token: process.env.FORESAIL_ADMIN_TOKEN ?? '' } }),
    // Who goes back to a version is the replica that leads: the console of another would write beside it.
    console: { name: `cluster ${config.getCurrentCluster()?.name ?? injection.clusterId}`, store: versions?.store },
    log,
    onSync: syncReporter(options.output, versions?.publisher.storeName ?? 'memory'),
  });
  return { daemon, link, webhookPort: daemon.webhookPort };
}

function openInjector(
  { namespace, meshConfigFile }: ClusterDaemonOptions,
  folder: string,
  revision: string,
  log: Log,
): () => InjectionSettings {
  const onProblem = (error: unknown): void => log('injector-settings-failed', { why: String(error) });
  return injectorFolder({ folder, meshFile: meshConfigFile, namespace, revision, onProblem });
}
