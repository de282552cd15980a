import { BinaryWriter } from '@bufbuild/protobuf/wire';
import type { ClientDuplexStream } from '@grpc/grpc-js';
import { eachField } from '../../ca/each-field.ts';
import type { Log } from '../../ca/log.ts';
import { decodeNameTable, NAME_TABLE, type NamedHost } from '../../xds/name-table.ts';
import { Backoff } from '../backoff.ts';

/** An answer of the control plane, as far as a name table needs it. */
export interface NameTableUpdate {
  readonly nonce: string;
  /** Undefined: nothing has changed. */
  readonly table: ReadonlyMap<string, NamedHost> | undefined;
}

export interface NameTableRequest {
  readonly nodeId: string;
  readonly nonce: string;
}

export type NameTableStream = ClientDuplexStream<NameTableRequest, NameTableUpdate>;

export interface NameTableFollowerOptions {
  /** A new stream of the method DeltaAggregatedResources. */
  readonly open: () => NameTableStream;
  readonly nodeId: string;
  readonly onTable: (table: ReadonlyMap<string, NamedHost>) => void;
  readonly log: Log;
}

/** Keeps the names of the mesh as the control plane has them; without it, as it had them. */
export class NameTableFollower {
  readonly #options: NameTableFollowerOptions;
  readonly #backoff = new Backoff({ firstMs: 250, maxMs: 10_000 });
  #stream: NameTableStream | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(options: NameTableFollowerOptions) {
    this.#options = options;
  }

  start(): void {
    const { open, nodeId, onTable, log } = this.#options;
    let stream: NameTableStream;
    try {
      stream = open();
    } catch (error) {
      // The token or the roots cannot be read.
      this.#again(String(error));
      return;
    }
    this.#stream = stream;
    stream.on('data', ({ nonce, table }: NameTableUpdate) => {
      this.#backoff.reset();
      if (table !== undefined) {
        onTable(table);
        log('name-table-received', { hosts: table.size });
      }
      stream.write({ nodeId, nonce });
    });
    stream.on('error', (error) => {
      if (this.#stream === stream) this.#again(error.message);
    });
    stream.on('end', () => {
      if (this.#stream === stream) this.#again('the control plane has ended the stream');
    });
    stream.write({ nodeId, nonce: '' });
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    this.#stream?.cancel();
    this.#stream = undefined;
  }

  #again(why: string): void {
    this.#stream?.cancel();
    this.#stream = undefined;
    if (this.#isStopped) return;
    const retryInMs = Math.round(this.#backoff.next());
    this.#options.log('name-table-failed', { why, retryInMs });
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.start(), retryInMs);
  }
}

const LENGTH_DELIMITED = 2;

/** The method of ADS, with as much of its messages as this needs. */
export const FOLLOW_NAME_TABLE = {
  path: '/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources',
  requestSerialize: ({ nodeId, nonce }: NameTableRequest): Buffer => {
    const writer = new BinaryWriter();
    writer.tag(1, LENGTH_DELIMITED).fork().tag(1, LENGTH_DELIMITED).string(nodeId).join();
    writer.tag(2, LENGTH_DELIMITED).string(NAME_TABLE);
    if (nonce !== '') writer.tag(6, LENGTH_DELIMITED).string(nonce);
    return Buffer.from(writer.finish());
  },
  responseDeserialize: (bytes: Buffer): NameTableUpdate => {
    let nonce = '';
    let table: ReadonlyMap<string, NamedHost> | undefined;
    eachField(bytes, (field, reader) => {
      if (field === 5) nonce = reader.string();
      else if (field === 2) table = tableOfResource(reader.bytes()) ?? table;
      else return false;
      return true;
    });
    return { nonce, table };
  },
};

/** Resource.resource is an Any, whose value is the table. */
function tableOfResource(resource: Uint8Array): ReadonlyMap<string, NamedHost> | undefined {
  let table: ReadonlyMap<string, NamedHost> | undefined;
  eachField(resource, (field, reader) => {
    if (field !== 2) return false;
    eachField(reader.bytes(), (part, value) => {
      if (part !== 2) return false;
      table = decodeNameTable(value.bytes());
      return true;
    });
    return true;
  });
  return table;
}
