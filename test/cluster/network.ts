import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';

/** Of the node: the pods' gateway, and where the control plane listens. */
export const NODE_ADDRESS = '10.78.0.1';
/** Behind the node, of no mesh. */
export const OUTSIDE_ADDRESS = '198.51.100.7';
/** Nobody is there: the capture rules lead questions to it to the agent. */
const DNS_ADDRESS = '10.96.0.10';

const PREFIX = 'fsc';
const NAMESPACE = /^fsc-(\d+)-\S+/;
/** What `ip netns exec` lays over /etc. */
const ETC = '/etc/netns';

export interface AsUser {
  readonly uid: number;
}

/**
 * Network namespaces as pods on a node, which is one as well: the machine's own network stays as it is, several suites
 * do not meet, and with its namespaces all of a suite is gone.
 */
export class Network {
  readonly #names = new Set<string>();
  #nextHost = 10;

  constructor() {
    removeStale();
    this.#add('node');
    const node = this.nameOf('node');
    ip('-n', node, 'link', 'add', 'pods', 'type', 'bridge');
    ip('-n', node, 'address', 'add', `${NODE_ADDRESS}/16`, 'dev', 'pods');
    ip('-n', node, 'address', 'add', `${OUTSIDE_ADDRESS}/32`, 'dev', 'lo');
    ip('-n', node, 'link', 'set', 'pods', 'up');
  }

  /** A namespace with a wire to the node; its address. `namespace`: of Kubernetes, for short names. */
  addPod(pod: string, namespace: string): string {
    this.#add(pod);
    const [name, node] = [this.nameOf(pod), this.nameOf('node')];
    const host = this.#nextHost++;
    const address = `10.78.0.${host}`;
    const wire = `pod${host}`;
    ip('-n', node, 'link', 'add', wire, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name);
    ip('-n', node, 'link', 'set', wire, 'master', 'pods', 'up');
    ip('-n', name, 'address', 'add', `${address}/16`, 'dev', 'eth0');
    ip('-n', name, 'link', 'set', 'eth0', 'up');
    ip('-n', name, 'route', 'add', 'default', 'via', NODE_ADDRESS);
    mkdirSync(`${ETC}/${name}`, { recursive: true });
    const search = `${namespace}.svc.cluster.local svc.cluster.local cluster.local`;
    writeFileSync(
      `${ETC}/${name}/resolv.conf`,
      `nameserver ${DNS_ADDRESS}\nsearch ${search}\noptions ndots:5 timeout:1\n`,
    );
    return address;
  }

  nameOf(pod: string): string {
    return `${PREFIX}-${process.pid}-${pod}`;
  }

  /** The program and its arguments that run something in a pod, as that user. */
  inside(pod: string, argv: readonly string[], { uid }: AsUser = { uid: 0 }): readonly string[] {
    const user = uid === 0 ? [] : ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', ...MAY_READ];
    return ['ip', 'netns', 'exec', this.nameOf(pod), ...user, ...argv];
  }

  /** What it prints. */
  run(pod: string, argv: readonly string[]): string {
    const [file = '', ...args] = this.inside(pod, argv);
    return execFileSync(file, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], timeout: 60_000 });
  }

  processesOf(pod: string): readonly number[] {
    return processesIn(this.nameOf(pod));
  }

  end(): void {
    for (const name of this.#names) remove(name);
    this.#names.clear();
  }

  #add(pod: string): void {
    const name = this.nameOf(pod);
    ip('netns', 'add', name);
    this.#names.add(name);
    ip('-n', name, 'link', 'set', 'lo', 'up');
  }
}

/** A checkout in a folder of root's only is still one that other users of a container could read. */
const MAY_READ = ['--inh-caps=+dac_read_search', '--ambient-caps=+dac_read_search'];

function ip(...args: readonly string[]): string {
  return execFileSync('ip', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Those of suites that were killed before they could clean up. */
function removeStale(): void {
  const left = ip('netns', 'list').split('\n');
  const names = [...left, ...(existsSync(ETC) ? readdirSync(ETC) : [])];
  for (const line of names) {
    const [name, pid] = NAMESPACE.exec(line) ?? [];
    if (name !== undefined && !existsSync(`/proc/${pid}`)) remove(name);
  }
}

function remove(name: string): void {
  rmSync(`${ETC}/${name}`, { recursive: true, force: true });
  if (!existsSync(`/run/netns/${name}`)) return;
  for (const pid of processesIn(name)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended meanwhile.
    }
  }
  ip('netns', 'delete', name);
}

function processesIn(name: string): readonly number[] {
  return ip('netns', 'pids', name)
    .split('\n')
    .filter((line) => line !== '')
    .map(Number);
}
