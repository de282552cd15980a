import type { BinaryReader } from '@bufbuild/protobuf/wire';
import { eachField } from '../../ca/each-field.ts';

/**
 * The part of envoy/service/accesslog/v3/als.proto and envoy/data/accesslog/v3/accesslog.proto that metrics need, by hand
 * as in discovery-messages.ts: generated types would take memory beside every Envoy.
 */
export interface AccessLogMessage {
  /** Undefined but in the first message of a stream. */
  readonly logName: string | undefined;
  readonly http: readonly LoggedHttp[];
  readonly tcp: readonly LoggedTcp[];
}

interface Logged {
  /** Of the peer's certificate: `spiffe://…`; empty without one. */
  readonly peerUri: string;
  readonly upstreamCluster: string;
  /** Envoy's short names, `-` for none. */
  readonly flags: string;
  readonly durationMs: number;
  /** Custom tags by name. */
  readonly tags: ReadonlyMap<string, string>;
}

export interface LoggedHttp extends Logged {
  readonly code: number;
  readonly requestBytes: number;
  readonly responseBytes: number;
  readonly contentType: string;
  readonly grpcStatus: string;
}

export interface LoggedTcp extends Logged {
  readonly receivedBytes: number;
  readonly sentBytes: number;
}

export function decodeAccessLogs(bytes: Uint8Array): AccessLogMessage {
  let logName: string | undefined;
  const http: LoggedHttp[] = [];
  const tcp: LoggedTcp[] = [];
  eachField(bytes, (field, reader) => {
    if (field === 1) {
      eachField(reader.bytes(), (inner, identifier) => {
        if (inner !== 2) return false;
        logName = identifier.string();
        return true;
      });
    } else if (field === 2) eachEntry(reader, (entry) => http.push(decodeHttp(entry)));
    else if (field === 3) eachEntry(reader, (entry) => tcp.push(decodeTcp(entry)));
    else return false;
    return true;
  });
  return { logName, http, tcp };
}

function eachEntry(reader: BinaryReader, take: (entry: Uint8Array) => void): void {
  eachField(reader.bytes(), (field, entries) => {
    if (field !== 1) return false;
    take(entries.bytes());
    return true;
  });
}

function decodeHttp(bytes: Uint8Array): LoggedHttp {
  let common = NOTHING;
  let [code, requestBytes, responseBytes] = [0, 0, 0];
  let contentType = '';
  let grpcStatus = '';
  eachField(bytes, (field, reader) => {
    if (field === 1) common = decodeCommon(reader.bytes());
    else if (field === 3) {
      eachField(reader.bytes(), (inner, request) => {
        if (inner === 11 || inner === 12) requestBytes += Number(request.uint64());
        else if (inner === 13) contentType = entryOf(request, 'content-type') ?? contentType;
        else return false;
        return true;
      });
    } else if (field === 4) {
      eachField(reader.bytes(), (inner, response) => {
        if (inner === 1) code = wrapped(response.bytes());
        else if (inner === 2 || inner === 3) responseBytes += Number(response.uint64());
        else if (inner === 4 || inner === 5) grpcStatus = entryOf(response, 'grpc-status') ?? grpcStatus;
        else return false;
        return true;
      });
    } else return false;
    return true;
  });
  return { ...common, code, requestBytes, responseBytes, contentType, grpcStatus };
}

function decodeTcp(bytes: Uint8Array): LoggedTcp {
  let common = NOTHING;
  let [receivedBytes, sentBytes] = [0, 0];
  eachField(bytes, (field, reader) => {
    if (field === 1) common = decodeCommon(reader.bytes());
    else if (field === 2) {
      eachField(reader.bytes(), (inner, connection) => {
        if (inner === 1) receivedBytes = Number(connection.uint64());
        else if (inner === 2) sentBytes = Number(connection.uint64());
        else return false;
        return true;
      });
    } else return false;
    return true;
  });
  return { ...common, receivedBytes, sentBytes };
}

const NOTHING: Logged = { peerUri: '', upstreamCluster: '', flags: '-', durationMs: 0, tags: new Map() };

function decodeCommon(bytes: Uint8Array): Logged {
  let [peerUri, upstreamCluster, flags] = ['', '', '-'];
  let [durationMs, lastByteMs] = [0, 0];
  const tags = new Map<string, string>();
  eachField(bytes, (field, reader) => {
    if (field === 4) peerUri = peerUriOf(reader.bytes());
    else if (field === 12) lastByteMs = milliseconds(reader.bytes());
    else if (field === 15) upstreamCluster = reader.string();
    else if (field === 16) flags = flagsOf(reader.bytes());
    else if (field === 22) {
      const [name, value] = mapEntry(reader.bytes());
      tags.set(name, value);
    } else if (field === 23) durationMs = milliseconds(reader.bytes());
    else return false;
    return true;
  });
  return { peerUri, upstreamCluster, flags, durationMs: durationMs || lastByteMs, tags };
}

/** TLSProperties.peer_certificate_properties.subject_alt_name.uri */
function peerUriOf(tls: Uint8Array): string {
  let uri = '';
  eachField(tls, (field, reader) => {
    if (field !== 5) return false;
    eachField(reader.bytes(), (inner, certificate) => {
      if (inner !== 1) return false;
      eachField(certificate.bytes(), (kind, name) => {
        if (kind !== 1) return false;
        uri ||= name.string();
        return true;
      });
      return true;
    });
    return true;
  });
  return uri;
}

/** By field number of ResponseFlags. */
const FLAGS: ReadonlyMap<number, string> = new Map(
  Object.entries({
    1: 'LH',
    2: 'UH',
    3: 'UT',
    4: 'LR',
    5: 'UR',
    6: 'UF',
    7: 'UC',
    8: 'UO',
    9: 'NR',
    10: 'DI',
    11: 'FI',
    12: 'RL',
    13: 'UAEX',
    14: 'RLSE',
    15: 'DC',
    16: 'URX',
    17: 'SI',
    18: 'IH',
    19: 'DPE',
    20: 'UMSDR',
    21: 'RFCF',
    22: 'NFCF',
    23: 'DT',
    24: 'UPE',
    25: 'NC',
    26: 'OM',
    27: 'DF',
    28: 'DR',
  }).map(([number, flag]) => [Number(number), flag]),
);

function flagsOf(bytes: Uint8Array): string {
  const set: string[] = [];
  eachField(bytes, (field) => {
    const flag = FLAGS.get(field);
    if (flag !== undefined) set.push(flag);
    return false;
  });
  return set.length === 0 ? '-' : set.join(',');
}

function mapEntry(bytes: Uint8Array): readonly [key: string, value: string] {
  let [key, value] = ['', ''];
  eachField(bytes, (field, reader) => {
    if (field === 1) key = reader.string();
    else if (field === 2) value = reader.string();
    else return false;
    return true;
  });
  return [key, value];
}

function entryOf(reader: BinaryReader, wanted: string): string | undefined {
  const [key, value] = mapEntry(reader.bytes());
  return key === wanted ? value : undefined;
}

/** google.protobuf.UInt32Value */
function wrapped(bytes: Uint8Array): number {
  let value = 0;
  eachField(bytes, (field, reader) => {
    if (field !== 1) return false;
    value = reader.uint32();
    return true;
  });
  return value;
}

/** google.protobuf.Duration */
function milliseconds(bytes: Uint8Array): number {
  let ms = 0;
  eachField(bytes, (field, reader) => {
    if (field === 1) ms += Number(reader.int64()) * 1000;
    else if (field === 2) ms += reader.int32() / 1_000_000;
    else return false;
    return true;
  });
  return ms;
}
