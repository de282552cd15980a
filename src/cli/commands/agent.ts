import { hostname } from 'node:os';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { AgentOptions } from '../../agent/agent-options.ts';
import type { ControlPlaneAddress } from '../../agent/envoy/bootstrap.ts';
import { leanProcess } from '../../agent/lean-process.ts';
import { nodeMetadata } from '../../agent/node-metadata.ts';
import { parseProbes } from '../../agent/status/probe.ts';
import { findEnvoy } from '../../xds/envoy-binary.ts';
import { CliError } from '../cli-error.ts';
import { printLine, stderr } from '../output.ts';
import { parsePort } from '../parse-port.ts';
import { configureAgentHooks } from './agent-hooks.ts';

interface Options {
  readonly type: 'sidecar' | 'router';
  readonly pod: string;
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly ip: string;
  readonly domain: string;
  readonly trustDomain?: string;
  readonly app?: string;
  readonly metadata: string;
  readonly podInfo?: string;
  readonly ca: string;
  readonly caRoots?: string;
  readonly caServerName?: string;
  readonly caPlaintext?: true;
  readonly token: string;
  readonly ttl: number;
  readonly xds?: string;
  readonly xdsServerName?: string;
  readonly concurrency: number;
  readonly logLevel: string;
  readonly componentLogLevel?: string;
  readonly adminPort: number;
  readonly statusPort: number;
  readonly readinessPort: number;
  readonly prometheusPort: number;
  readonly bind: string;
  readonly dir: string;
  readonly static?: string;
  readonly dnsPort?: number;
  readonly probeHost: string;
  readonly appMetrics?: string;
  readonly drain: number;
  readonly minDrain: number;
}

/** Istio's: where the capture rules lead DNS. */
const DNS_PROXY_PORT = 15_053;

/** The defaults are the variables that Istio's injector sets. */
export function configure(command: Command): void {
  const env = process.env;
  command
    .option('--type <type>', 'sidecar or router', 'sidecar')
    .option('--pod <name>', 'env POD_NAME', env.POD_NAME ?? hostname())
    .option('--namespace <name>', 'env POD_NAMESPACE', env.POD_NAMESPACE ?? 'default')
    .option('--service-account <name>', 'env SERVICE_ACCOUNT', env.SERVICE_ACCOUNT ?? 'default')
    .option('--ip <address>', 'env INSTANCE_IP', env.INSTANCE_IP ?? '127.0.0.1')
    .option('--domain <name>', "the cluster's DNS domain", 'cluster.local')
    .option('--trust-domain <name>', "refuse another one's certificates (env TRUST_DOMAIN)", env.TRUST_DOMAIN)
    .option('--app <name>', 'names the node cluster `<app>.<namespace>`')
    .option('--metadata <json>', 'of the node, beside what ISTIO_META_… variables say', '{}')
    .option('--pod-info <folder>', "where Kubernetes writes the pod's labels")
    .option('--ca <address>', 'env CA_ADDR', env.CA_ADDR ?? '127.0.0.1:15012')
    .option('--ca-roots <file>', "roots that the CA's certificate is checked against")
    .option('--ca-server-name <name>', "the name in the CA's certificate, where it is not the address's host")
    .option('--ca-plaintext', 'no TLS to the CA: for loopback only')
    .option('--token <file>', "the service account's token", '/var/run/secrets/tokens/istio-token')
    .option('--ttl <seconds>', 'the validity to ask for; 0: the CA chooses', Number, 0)
    .option('--xds <address>', 'the control plane, host:port')
    .option('--xds-server-name <name>', "the name in the control plane's certificate; without it plaintext")
    .option('--concurrency <threads>', 'of Envoy', Number, 2)
    .option('--log-level <level>', 'of Envoy', 'warning')
    .option('--component-log-level <levels>', 'of parts of Envoy: `misc:error,http:debug`')
    .option('--admin-port <port>', 'Envoy, on loopback', Number, 15_000)
    .option('--status-port <port>', 'figures and probes', Number, 15_020)
    .option('--readiness-port <port>', 'Envoy', Number, 15_021)
    .option('--prometheus-port <port>', "Envoy's own figures", Number, 15_090)
    .option('--bind <address>', 'where the last three listen', '0.0.0.0')
    .option('--dir <folder>', 'for the SDS socket and the bootstrap', './etc/istio/proxy')
    .option('--static <file>', 'JSON with `listeners` and `clusters` that Envoy gets in addition')
    .option(
      '--dns-port <port>',
      'answer DNS for the hosts of the mesh on loopback (15053 where ISTIO_META_DNS_CAPTURE is true)',
      parsePort,
      env.ISTIO_META_DNS_CAPTURE === 'true' ? DNS_PROXY_PORT : undefined,
    )
    .option('--probe-host <address>', 'where the application listens', '127.0.0.1')
    .option('--app-metrics <url>', "the application's own figures (also env ISTIO_PROMETHEUS_ANNOTATIONS)")
    .option('--drain <seconds>', 'how long connections may take to end', Number, 5)
    .option('--min-drain <seconds>', 'how long new ones are taken at least', Number, 1)
    .action(runAgent);
  configureAgentHooks(command);
}

/** Becomes the agent: the same process, without what the command line has loaded. */
function runAgent(options: Options): void {
  const { path, why } = { why: undefined, ...findEnvoy({ log: (line) => printLine(stderr, line) }) };
  if (path === undefined) throw new CliError('there is no Envoy', { why: why ?? '' });
  if (process.execve === undefined) throw new CliError('this platform cannot replace a process');
  const lean = leanProcess(agentOptions(options, path));
  process.execve(lean.file, [lean.file, ...lean.arguments], lean.env);
}

function agentOptions(options: Options, envoyBinary: string): AgentOptions {
  const { type, pod, namespace, serviceAccount, ip, domain, concurrency, logLevel, probeHost } = options;
  if (type !== 'sidecar' && type !== 'router') throw new CliError(`there is no proxy type ${String(type)}`);
  if (options.caRoots === undefined && options.caPlaintext === undefined) {
    throw new CliError('nothing is known to check the CA by', {
      fix: 'Give its roots with `--ca-roots <file>`; `--ca-plaintext` is for loopback.',
    });
  }
  const probes = process.env.ISTIO_KUBE_APP_PROBERS ?? '{}';
  parseOrExplain('ISTIO_KUBE_APP_PROBERS', () => parseProbes(probes));
  const controlPlane = controlPlaneOf(options);
  const appMetrics = appMetricsOf(options);
  return {
    type,
    pod,
    namespace,
    serviceAccount,
    ip,
    domain,
    ...(options.trustDomain === undefined ? {} : { trustDomain: options.trustDomain }),
    cluster: `${options.app ?? pod}.${namespace}`,
    metadata: metadataOf(options),
    caAddress: options.ca,
    ...(options.caRoots === undefined ? {} : { caRootsFile: resolve(options.caRoots) }),
    ...(options.caServerName === undefined ? {} : { caServerName: options.caServerName }),
    tokenFile: resolve(options.token),
    certificateTtlS: options.ttl,
    ...(controlPlane === undefined ? {} : { controlPlane }),
    envoyBinary,
    concurrency,
    logLevel,
    ...(options.componentLogLevel === undefined ? {} : { componentLogLevel: options.componentLogLevel }),
    ports: {
      admin: options.adminPort,
      status: options.statusPort,
      readiness: options.readinessPort,
      prometheus: options.prometheusPort,
    },
    bindAddress: options.bind,
    folder: resolve(options.dir),
    ...(options.static === undefined ? {} : { extraFile: resolve(options.static) }),
    ...(options.dnsPort === undefined ? {} : { dns: { port: options.dnsPort } }),
    probes,
    probeHost,
    ...(appMetrics === undefined ? {} : { appMetrics }),
    drainMs: options.drain * 1000,
    minDrainMs: options.minDrain * 1000,
  };
}

function metadataOf({ metadata, podInfo, pod, namespace, serviceAccount }: Options): Record<string, unknown> {
  const podInfoFolder = podInfo === undefined ? undefined : resolve(podInfo);
  const own = parseOrExplain('what the node says of itself', () =>
    nodeMetadata(process.env, { pod, namespace, serviceAccount, podInfoFolder }),
  );
  return { ...own, ...parseOrExplain('--metadata', () => JSON.parse(metadata) as Record<string, unknown>) };
}

function controlPlaneOf({ xds, xdsServerName }: Options): ControlPlaneAddress | undefined {
  if (xds === undefined) return undefined;
  const [, host, port] = /^\[?(.+?)\]?:(\d+)$/.exec(xds) ?? [];
  if (host === undefined) throw new CliError(`--xds ${xds} is no address`, { fix: 'Give it as host:port.' });
  return { host, port: Number(port), tlsServerName: xdsServerName };
}

function appMetricsOf({ appMetrics, probeHost }: Options): AgentOptions['appMetrics'] {
  if (appMetrics !== undefined) {
    const url = parseOrExplain('--app-metrics', () => new URL(appMetrics));
    return { host: url.hostname, port: Number(url.port || 80), path: url.pathname + url.search };
  }
  const annotations = process.env.ISTIO_PROMETHEUS_ANNOTATIONS;
  if (annotations === undefined) return undefined;
  const { scrape, port, path } = parseOrExplain('ISTIO_PROMETHEUS_ANNOTATIONS', () => JSON.parse(annotations));
  if (String(scrape) !== 'true') return undefined;
  return { host: probeHost, port: Number(port || 80), path: path || '/metrics' };
}

function parseOrExplain<T>(what: string, parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    throw new CliError(`${what} cannot be read`, { why: String(cause), cause });
  }
}
