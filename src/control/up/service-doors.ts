import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Mesh } from '../../mesh/model.ts';
import type { HostPort } from '../../xds/address.ts';
import { type StandIn, serviceEndpoints } from './endpoints.ts';

/** Answers a request as one of the pods of a service. */
export type ServiceAnswer = (
  standIns: readonly StandIn[],
  authority: string,
  request: IncomingMessage,
  response: ServerResponse,
) => void;

interface Door {
  readonly server: Server;
  readonly at: HostPort;
}

export interface ServiceDoor {
  readonly host: string;
  readonly port: number;
  /** `FORESAIL_SERVICE_<NAME>_URL`: the name in upper case, other characters as `_`. */
  readonly variable: string;
  readonly at: HostPort;
}

/**
 * How programs reach the services of the mesh from inside: a loopback port for each Service, told by the environment
 * variable `FORESAIL_SERVICE_<NAME>_URL`. Pods take turns; routing between services is the sidecars' business.
 */
export class ServiceDoors {
  readonly #doors = new Map<string, Door>();
  readonly #answer: ServiceAnswer;
  #mesh: Mesh | undefined;
  #isRetired = false;

  constructor(answer: ServiceAnswer) {
    this.#answer = answer;
  }

  /** One for the first port of each service. */
  async sync(mesh: Mesh): Promise<readonly ServiceDoor[]> {
    this.#mesh = mesh;
    const doors: ServiceDoor[] = [];
    for (const { host, name, source, ports } of mesh.registry.services) {
      const [port] = ports;
      if (source !== 'kubernetes' || port === undefined) continue;
      const { at } = this.#doors.get(host) ?? (await this.#open(host, port.number));
      doors.push({ host, port: port.number, variable: variableOf(name), at });
    }
    return doors;
  }

  /** Sidecars take their place from now on: who has a connection is to leave it. */
  retire(): void {
    this.#isRetired = true;
    for (const { server } of this.#doors.values()) server.closeIdleConnections();
  }

  async close(): Promise<void> {
    for (const { server } of this.#doors.values()) {
      server.closeAllConnections();
      await once(server.close(), 'close');
    }
    this.#doors.clear();
  }

  async #open(host: string, port: number): Promise<Door> {
    const server = createServer((request, response) => {
      if (this.#isRetired) response.setHeader('connection', 'close');
      const standIns = this.#mesh === undefined ? [] : serviceEndpoints(this.#mesh, host, port);
      this.#answer(standIns, request.headers.host ?? host, request, response);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const door = { server, at: { address: '127.0.0.1', port: (server.address() as AddressInfo).port } };
    this.#doors.set(host, door);
    return door;
  }
}

function variableOf(service: string): string {
  return `FORESAIL_SERVICE_${service.toUpperCase().replace(/[^A-Z0-9]/g, '_')}_URL`;
}
