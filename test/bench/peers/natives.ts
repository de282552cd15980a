import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ResolvedGateway } from '../../../src/mesh/model.ts';
import { findEnvoy } from '../../../src/xds/envoy-binary.ts';
import { encodeGateway } from '../../../src/xds/gateway/gateway.ts';
import { EnvoyOverAds } from '../../support/envoy-over-ads.ts';
import { cpuMsOf, freePorts, residentMbOf } from '../edge-processes.ts';
import { type Contender, listening, startProgram } from './contender.ts';
import type { PlainConfig, Scenario } from './scenarios.ts';

export interface EnvoyContender extends Contender {
  /** Of all resources of the scenario. */
  readonly configBytes: number;
  /** Resolves once Envoy has taken it, with the bytes of it. */
  load(gateway: ResolvedGateway): Promise<number>;
}

/** Undefined, with the reason on the console, where there is none on this machine. */
export async function startEnvoy({ gateway }: Scenario, upstreamPort: number): Promise<EnvoyContender | undefined> {
  const binary = findEnvoy({ log: console.log });
  if (binary.path === undefined) {
    console.log(`Envoy is left out: ${binary.why}`);
    return undefined;
  }
  const [port = 0] = await freePorts(1);
  const envoy = await EnvoyOverAds.start(binary.path);
  const load = async (changed: ResolvedGateway): Promise<number> => {
    const resources = [
      ...encodeGateway(changed, {
        endpointsOf: () => [{ address: '127.0.0.1', port: upstreamPort }],
        bind: () => ({ address: '127.0.0.1', port }),
      }),
    ];
    const rejected = await envoy.load(resources);
    if (rejected.length > 0) throw new Error(`Envoy rejects the scenario: ${rejected.join('; ')}`);
    return resources.reduce((sum, { bytes }) => sum + bytes.length, 0);
  };
  const configBytes = await load(gateway);
  await listening(port);
  const { pid } = envoy;
  return {
    name: 'Envoy',
    port,
    configBytes,
    load,
    usage: () => ({ cpuMs: cpuMsOf(pid), residentMb: residentMbOf(pid) }),
    stop: () => envoy.stop(),
  };
}

export async function startNginx(
  folder: string,
  { hosts }: PlainConfig,
  upstreamPort: number,
): Promise<Contender | undefined> {
  if (!has('nginx', '-v')) return undefined;
  const [port = 0] = await freePorts(1);
  const servers = hosts.map(({ host, prefixes }) => {
    const locations = prefixes.map(
      (prefix) => `location ${prefix} { proxy_pass http://upstream/; proxy_set_header Host $host; }`,
    );
    return `server { listen 127.0.0.1:${port}; server_name ${host}; ${locations.join(' ')} }`;
  });
  const config = join(folder, `nginx-${port}.conf`);
  writeFileSync(
    config,
    `daemon off; master_process off; worker_processes 1; pid ${folder}/nginx-${port}.pid; error_log stderr crit;
events { worker_connections 1024; }
http {
  access_log off; server_names_hash_max_size 8192; proxy_http_version 1.1; proxy_set_header Connection "";
  upstream upstream { server 127.0.0.1:${upstreamPort}; keepalive 64; }
  ${servers.join('\n  ')}
}
`,
  );
  return startProgram('nginx', port, 'nginx', ['-c', config, '-p', folder]);
}

/** Hosts and prefixes by ordered rules, which is how haproxy's users write them. */
export async function startHaproxy(
  folder: string,
  { hosts }: PlainConfig,
  upstreamPort: number,
): Promise<Contender | undefined> {
  if (!has('haproxy', '-v')) return undefined;
  const [port = 0] = await freePorts(1);
  const rules = hosts.flatMap(({ host, prefixes }) =>
    prefixes.map((prefix) => `  use_backend upstream if { hdr(host) -i ${host} } { path_beg ${prefix} }`),
  );
  const config = join(folder, `haproxy-${port}.cfg`);
  writeFileSync(
    config,
    `global
  nbthread 1
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
frontend in
  bind 127.0.0.1:${port}
  default_backend upstream
${rules.join('\n')}
backend upstream
  http-request set-path /
  http-reuse always
  server upstream 127.0.0.1:${upstreamPort}
`,
  );
  return startProgram('haproxy', port, 'haproxy', ['-db', '-f', config]);
}

function has(command: string, version: string): boolean {
  try {
    execFileSync(command, [version], { stdio: 'ignore' });
    return true;
  } catch {
    console.log(`${command} is left out: it is not installed (Debian: apt-get install ${command})`);
    return false;
  }
}
