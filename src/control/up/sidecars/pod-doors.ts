import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Mesh } from '../../../mesh/model.ts';
import { workloadPort } from '../../../mesh/workload-port.ts';
import type { HostPort } from '../../../xds/address.ts';
import { type StandIn, serviceEndpoints } from '../endpoints.ts';

/** How a pod's application answers what comes to it. */
export interface PodAnswers {
  answer(standIn: StandIn, request: IncomingMessage, response: ServerResponse): void;
  upgrade(standIn: StandIn, request: IncomingMessage, socket: Duplex, head: Buffer): void;
}

interface Door {
  readonly server: Server;
  readonly at: HostPort;
  standIn: StandIn;
}

/** A port of a pod, and who answers there. */
export interface PodPort {
  readonly pod: string;
  readonly port: number;
  readonly standIn: StandIn;
}

/** The ports at which the pods of all services take calls. */
export function podPorts(mesh: Mesh): PodPort[] {
  const found = new Map<string, PodPort>();
  for (const service of mesh.registry.services) {
    if (service.source !== 'kubernetes') continue;
    const workloads = mesh.registry.workloadsOf(service);
    for (const { number, targetPort } of service.ports) {
      const standIns = new Map(serviceEndpoints(mesh, service.host, number).map((standIn) => [standIn.pod, standIn]));
      for (const workload of workloads) {
        const port = workloadPort(targetPort, number, workload);
        const standIn = standIns.get(workload.name);
        if (port === undefined || standIn === undefined) continue;
        const pod = `${workload.namespace}/${workload.name}`;
        // Where two services name one port of a pod, the older one is what it says that it is.
        if (!found.has(`${pod} ${port}`)) found.set(`${pod} ${port}`, { pod, port, standIn });
      }
    }
  }
  return [...found.values()];
}

/** Loopback ports behind which stand-ins answer as pods. */
export class PodDoors {
  readonly #answers: PodAnswers;
  readonly #doors = new Map<string, Door>();

  constructor(answers: PodAnswers) {
    this.#answers = answers;
  }

  /** Where the pod's port is answered; undefined: nowhere. */
  at(pod: string, port: number): HostPort | undefined {
    return this.#doors.get(`${pod} ${port}`)?.at;
  }

  /** `boundAt`: where a door has to be; undefined: on any port of 127.0.0.1. */
  async sync(ports: readonly PodPort[], boundAt: (port: PodPort) => HostPort | undefined): Promise<void> {
    const wanted = new Set(ports.map(({ pod, port }) => `${pod} ${port}`));
    for (const [key, { server }] of this.#doors) {
      if (wanted.has(key)) continue;
      this.#doors.delete(key);
      server.closeAllConnections();
      server.close();
    }
    for (const port of ports) {
      const key = `${port.pod} ${port.port}`;
      const door = this.#doors.get(key);
      if (door === undefined) this.#doors.set(key, await this.#open(port, boundAt(port)));
      else door.standIn = port.standIn;
    }
  }

  async close(): Promise<void> {
    await this.sync([], () => undefined);
  }

  async #open({ standIn }: PodPort, bound: HostPort = { address: '127.0.0.1', port: 0 }): Promise<Door> {
    const server = createServer((request, response) => this.#answers.answer(door.standIn, request, response));
    server.on('upgrade', (request, socket, head) => this.#answers.upgrade(door.standIn, request, socket, head));
    server.listen(bound.port, bound.address);
    await once(server, 'listening');
    const door: Door = {
      server,
      at: { address: bound.address, port: (server.address() as AddressInfo).port },
      standIn,
    };
    return door;
  }
}
