import { promisify } from 'node:util';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { RotationDriver } from '../rotation/rotation-driver.ts';
import { MAX_CSR_BYTES } from '../x509/verify-csr.ts';
import type { CaServices } from './ca-services.ts';
import { createCertificate } from './create-certificate.ts';
import { CREATE_CERTIFICATE, FOLLOW_TRUST } from './definitions.ts';
import { followTrust } from './follow-trust.ts';
import { ServingCertificate } from './serving-certificate.ts';

export interface CaServerOptions {
  readonly services: CaServices;
  /** `host:port`; port 0: any that is free. */
  readonly address: string;
  /** How clients find this server: DNS names and IP addresses. None: plaintext, for tests and machines' own loopback. */
  readonly names: readonly string[];
  readonly minPhaseMs?: number;
  readonly rotationIntervalMs?: number;
}

export interface CaServer {
  readonly port: number;
  readonly rotation: RotationDriver;
  stop(): Promise<void>;
}

/** Adds the CA's services to a server that may have others, the ADS server's. */
export function addCaServices(server: Server, services: CaServices): void {
  server.addService({ createCertificate: CREATE_CERTIFICATE }, { createCertificate: createCertificate(services) });
  server.addService({ follow: FOLLOW_TRUST }, { follow: followTrust(services) });
}

/** A server of the CA alone. */
export async function startCaServer(options: CaServerOptions): Promise<CaServer> {
  const { services, address, names, minPhaseMs, rotationIntervalMs } = options;
  const server = new Server({
    // A request, its token's header not counted, and some room.
    'grpc.max_receive_message_length': MAX_CSR_BYTES + 16 * 1024,
    'grpc.keepalive_time_ms': 30_000,
  });
  addCaServices(server, services);
  const certificate = names.length === 0 ? undefined : await ServingCertificate.open(services.ca, names);
  const port = await promisify<string, ServerCredentials, number>(server.bindAsync.bind(server))(
    address,
    certificate?.credentials ?? ServerCredentials.createInsecure(),
  );
  const rotation = new RotationDriver({
    ca: services.ca,
    ledger: services.ledger,
    proxies: services.proxies,
    ...(minPhaseMs === undefined ? {} : { minPhaseMs }),
    ...(rotationIntervalMs === undefined ? {} : { intervalMs: rotationIntervalMs }),
  });
  rotation.start();
  return {
    port,
    rotation,
    stop: async () => {
      certificate?.close();
      server.forceShutdown();
      await rotation.stop();
    },
  };
}
