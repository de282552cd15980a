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
  /** What else is served at the same address; it may take larger requests. */
  readonly beside?: { addTo(server: Server): void; readonly maxRequestBytes: number };
  readonly minPhaseMs?: number;
  readonly rotationIntervalMs?: number;
}

export interface CaServer {
  readonly port: number;
  readonly rotation: RotationDriver;
  stop(): Promise<void>;
}

function addCaServices(server: Server, services: CaServices): void {
  server.addService({ createCertificate: CREATE_CERTIFICATE }, { createCertificate: createCertificate(services) });
  server.addService({ follow: FOLLOW_TRUST }, { follow: followTrust(services) });
}

/** The CA's server. */
export async function startCaServer(options: CaServerOptions): Promise<CaServer> {
  const { services, address, names, beside, minPhaseMs, rotationIntervalMs } = options;
  const server = new Server({
    // A request, its token's header not counted, and some room.
    'grpc.max_receive_message_length': Math.max(MAX_CSR_BYTES + 16 * 1024, beside?.maxRequestBytes ?? 0),
    'grpc.keepalive_time_ms': 30_000,
    'grpc.keepalive_timeout_ms': 10_000,
  });
  addCaServices(server, services);
  beside?.addTo(server);
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
