import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** Answers each TCP connection, or UDP packet, with a word that says who has got it. */
const ANSWERER = `
  const [, spec] = process.argv;
  let waiting = 0;
  const ready = () => --waiting === 0 && console.log('ready');
  for (const { port, word, udp, address = '::' } of JSON.parse(spec)) {
    waiting += 1;
    if (udp) {
      const socket = require('node:dgram').createSocket(address.includes(':') ? 'udp6' : 'udp4');
      socket.on('message', (_, from) => socket.send(word, from.port, from.address));
      socket.bind(port, address, ready);
    } else {
      require('node:net').createServer((socket) => socket.on('error', () => {}).end(word)).listen(port, address, ready);
    }
  }
`;

export interface Answer {
  readonly port: number;
  readonly word: string;
  readonly udp?: boolean;
  /** All of the namespace's without it. */
  readonly address?: string;
}

/** Two network namespaces with a wire between them: a pod, and the world. */
export class TwoNamespaces {
  readonly pod = `fs-pod-${process.pid}`;
  readonly world = `fs-world-${process.pid}`;
  readonly #processes: ChildProcess[] = [];

  constructor() {
    for (const name of [this.pod, this.world]) execFileSync('ip', ['netns', 'add', name]);
    const [podSide, worldSide] = [`fsp${process.pid}`, `fsw${process.pid}`];
    const wire = ['link', 'add', podSide, 'netns', this.pod, 'type', 'veth', 'peer', 'name', worldSide];
    execFileSync('ip', [...wire, 'netns', this.world]);
    this.#address(this.pod, podSide, ['10.77.0.1/24', 'fd77::1/64']);
    this.#address(this.world, worldSide, ['10.77.0.2/24', '10.77.0.3/24', 'fd77::2/64']);
  }

  /** As root, or as the proxy's user. */
  async answer(namespace: string, answers: readonly Answer[], uid = 0): Promise<void> {
    const args = [process.execPath, '-e', ANSWERER, JSON.stringify(answers)];
    const child = spawn('ip', ['netns', 'exec', namespace, ...asUser(uid), ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#processes.push(child);
    await once(createInterface(child.stdout), 'line');
  }

  /** The word that comes back; empty: nothing. */
  ask(namespace: string, address: string, port: number, { uid = 0, udp = false } = {}): string {
    const open = `exec 3<>/dev/${udp ? 'udp' : 'tcp'}/${address}/${port} && `;
    const script =
      open + (udp ? 'echo -n hello >&3 && timeout 0.5 dd bs=64 count=1 status=none <&3' : 'timeout 1 cat <&3');
    try {
      const args = ['netns', 'exec', namespace, ...asUser(uid), 'timeout', '2', 'bash', '-c', script];
      return execFileSync('ip', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    } catch (error) {
      return String((error as { stdout?: string }).stdout ?? '');
    }
  }

  run(namespace: string, tool: string, args: readonly string[], input = ''): string {
    return execFileSync('ip', ['netns', 'exec', namespace, tool, ...args], { input, encoding: 'utf8', stdio: 'pipe' });
  }

  end(): void {
    for (const child of this.#processes) child.kill('SIGKILL');
    for (const name of [this.pod, this.world]) execFileSync('ip', ['netns', 'delete', name]);
  }

  #address(namespace: string, link: string, addresses: readonly string[]): void {
    for (const address of addresses) {
      const noWait = address.includes(':') ? ['nodad'] : [];
      execFileSync('ip', ['-n', namespace, 'address', 'add', address, 'dev', link, ...noWait]);
    }
    for (const name of [link, 'lo']) execFileSync('ip', ['-n', namespace, 'link', 'set', name, 'up']);
  }
}

function asUser(uid: number): string[] {
  return uid === 0 ? [] : ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups'];
}
