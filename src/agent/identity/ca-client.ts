import { readFileSync } from 'node:fs';
import { type ChannelCredentials, Client, type ClientDuplexStream, credentials, Metadata } from '@grpc/grpc-js';
import type { CertificateResponse } from '../../ca/service/certificate-messages.ts';
import { CREATE_CERTIFICATE, FOLLOW_TRUST, PROXY_ID_KEY } from '../../ca/service/definitions.ts';
import type { TrustReport, TrustUpdate } from '../../ca/service/trust-messages.ts';
import { fromPem, toPem } from '../../ca/x509/pem.ts';
import { FOLLOW_NAME_TABLE, type NameTableStream } from '../dns/name-table-follower.ts';

export interface CaClientOptions {
  /** `host:port`. */
  readonly address: string;
  /** The file of roots that the CA's own certificate is checked against; undefined: plaintext. */
  readonly rootsFile?: string;
  /** The name in the CA's certificate, where it is not the host of the address. */
  readonly serverName?: string;
  /** Projected by Kubernetes, or minted with `foresail ca token`; read anew for each call, since it is renewed too. */
  readonly tokenFile: string;
  readonly proxyId: string;
  readonly timeoutMs: number;
}

/** Names and addresses of a very large mesh. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

/** Speaks to the CA; a channel lives as long as the roots it was made with. */
export class CaClient {
  readonly #options: CaClientOptions;
  #client: { readonly key: string; readonly client: Client } | undefined;

  constructor(options: CaClientOptions) {
    this.#options = options;
  }

  /** `trustedPem`: the mesh's roots as far as they are known, which change before the file does. */
  async createCertificate(csr: string, validityS: number, trustedPem: string): Promise<CertificateResponse> {
    const { path, requestSerialize, responseDeserialize } = CREATE_CERTIFICATE;
    const { proxyId, timeoutMs } = this.#options;
    const request = { csr, validityS, metadata: { [PROXY_ID_KEY]: proxyId } };
    const client = this.#clientFor(trustedPem);
    const metadata = this.#metadata();
    const deadline = Date.now() + timeoutMs;
    return await new Promise((resolve, reject) => {
      client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        request,
        metadata,
        { deadline },
        (error, answer) => {
          if (answer === undefined) reject(error ?? new Error('the CA sent nothing'));
          else resolve(answer);
        },
      );
    });
  }

  followTrust(trustedPem: string): ClientDuplexStream<TrustReport, TrustUpdate> {
    const { path, requestSerialize, responseDeserialize } = FOLLOW_TRUST;
    const client = this.#clientFor(trustedPem);
    return client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, this.#metadata());
  }

  /** The control plane serves the names of the mesh where it serves the CA. */
  followNameTable(trustedPem: string): NameTableStream {
    const { path, requestSerialize, responseDeserialize } = FOLLOW_NAME_TABLE;
    const client = this.#clientFor(trustedPem);
    return client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, this.#metadata());
  }

  close(): void {
    this.#client?.client.close();
    this.#client = undefined;
  }

  #metadata(): Metadata {
    const metadata = new Metadata();
    metadata.set('authorization', `Bearer ${readFileSync(this.#options.tokenFile, 'utf8').trim()}`);
    return metadata;
  }

  #clientFor(trustedPem: string): Client {
    const { address, serverName } = this.#options;
    const roots = this.#roots(trustedPem);
    const key = roots ?? '';
    if (this.#client?.key === key) return this.#client.client;
    this.close();
    const name = serverName === undefined ? {} : { 'grpc.ssl_target_name_override': serverName };
    const client = new Client(address, credentialsOf(roots), {
      ...name,
      'grpc.max_receive_message_length': MAX_ANSWER_BYTES,
      'grpc.keepalive_time_ms': 60_000,
      'grpc.initial_reconnect_backoff_ms': 250,
      'grpc.max_reconnect_backoff_ms': 10_000,
      // Two agents in one process, as in tests, are two.
      'grpc.use_local_subchannel_pool': 1,
    });
    this.#client = { key, client };
    return client;
  }

  /** The file's roots and the mesh's: during a rotation the CA's own certificate changes sides. */
  #roots(trustedPem: string): string | undefined {
    const { rootsFile } = this.#options;
    if (rootsFile === undefined) return undefined;
    const pem = `${readFileSync(rootsFile, 'utf8')}\n${trustedPem}`;
    // Each once: a channel ends with its roots, and the mesh's are most often those of the file.
    const roots = new Set(fromPem('CERTIFICATE', pem).map((der) => toPem('CERTIFICATE', der)));
    if (roots.size === 0) throw new Error(`${rootsFile} holds no certificate`);
    return [...roots].join('');
  }
}

function credentialsOf(roots: string | undefined): ChannelCredentials {
  return roots === undefined ? credentials.createInsecure() : credentials.createSsl(Buffer.from(roots));
}
