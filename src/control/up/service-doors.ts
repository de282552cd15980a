import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Mesh } from '../../mesh/model.ts';
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
  readonly url: string;
}

/**
 * How programs reach the services of the mesh from inside: a loopback port for each Service, told by the environment
 * variable `FORESAIL_SERVICE_<NAME>_URL`. Pods take turns; routing between services is the sidecars' business.
 */
export class ServiceDoors {
  readonly #doors = new Map<string, Door>();
  readonly #answer: ServiceAnswer;
  #mesh: Mesh | undefined;

  constructor(answer: ServiceAnswer) {
    this.#answer = answer;
  }

  /** The variables for programs; names in upper case, other characters as `_`. */
  async sync(mesh: Mesh): Promise<Readonly<Record<string, string>>> {
    this.#mesh = mesh;
    const env: Record<string, string> = {};
    for (const { host, name, source, ports } of mesh.registry.services) {
      const [port] = ports;
      if (source !== 'kubernetes' || port === undefined) continue;
      const door = this.#doors.get(host) ?? (await this.#open(host, port.number));
      env[`FORESAIL_SERVICE_${name.toUpperCase().replace(/[^A-Z0-9]/g, '_')}_URL`] = door.url;
    }
    return env;
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
      const standIns = this.#mesh === undefined ? [] : serviceEndpoints(this.#mesh, host, port);
      this.#answer(standIns, request.headers.host ?? host, request, response);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const door = { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
    this.#doors.set(host, door);
    return door;
  }
}
