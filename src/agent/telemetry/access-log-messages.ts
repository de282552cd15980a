import type { BinaryReader } from '@bufbuild/protobuf/wire';
import { eachField } from '../../ca/each-field.ts';
import { decodeCommon, isOpening, type LoggedCommon, mapEntry, NOTHING_COMMON } from './access-log-common.ts';

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

export interface LoggedHttp extends LoggedCommon {
  readonly method: string;
  readonly scheme: string;
  readonly authority: string;
  /** With its query. */
  readonly path: string;
  readonly userAgent: string;
  readonly referer: string;
  readonly requestId: string;
  /** By name in lower case: those that the log was asked to tell. */
  readonly requestHeaders: ReadonlyMap<string, string>;
  readonly code: number;
  /** RESPONSE_CODE_DETAILS */
  readonly details: string;
  readonly requestBytes: number;
  readonly responseBytes: number;
  readonly contentType: string;
  readonly grpcStatus: string;
}

export interface LoggedTcp extends LoggedCommon {
  /** The connection has begun, and goes on. */
  readonly isOpening: boolean;
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
  let common = NOTHING_COMMON;
  let request = NO_REQUEST;
  let [code, responseBytes] = [0, 0];
  let [details, grpcStatus] = ['', ''];
  eachField(bytes, (field, reader) => {
    if (field === 1) common = decodeCommon(reader.bytes());
    else if (field === 3) request = decodeRequest(reader.bytes());
    else if (field === 4) {
      eachField(reader.bytes(), (inner, response) => {
        if (inner === 1) code = wrapped(response.bytes());
        else if (inner === 2 || inner === 3) responseBytes += Number(response.uint64());
        else if (inner === 6) details = response.string();
        else if (inner === 4 || inner === 5) grpcStatus = entryOf(response, 'grpc-status') ?? grpcStatus;
        else return false;
        return true;
      });
    } else return false;
    return true;
  });
  const contentType = request.requestHeaders.get('content-type') ?? '';
  return { ...common, ...request, code, details, responseBytes, contentType, grpcStatus };
}

type LoggedRequest = Pick<
  LoggedHttp,
  'method' | 'scheme' | 'authority' | 'path' | 'userAgent' | 'referer' | 'requestId' | 'requestHeaders' | 'requestBytes'
>;

/** envoy.config.core.v3.RequestMethod */
const METHODS = ['', 'GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH'];

/** HTTPRequestProperties. Envoy tells the path that the client has sent apart from the one that it became. */
function decodeRequest(bytes: Uint8Array): LoggedRequest {
  let [method, scheme, authority, path, original] = ['', '', '', '', ''];
  let [userAgent, referer, requestId] = ['', '', ''];
  let requestBytes = 0;
  const requestHeaders = new Map<string, string>();
  eachField(bytes, (field, reader) => {
    if (field === 1) method = METHODS[reader.int32()] ?? '';
    else if (field === 2) scheme = reader.string();
    else if (field === 3) authority = reader.string();
    else if (field === 5) path = reader.string();
    else if (field === 6) userAgent = reader.string();
    else if (field === 7) referer = reader.string();
    else if (field === 9) requestId = reader.string();
    else if (field === 10) original = reader.string();
    else if (field === 11 || field === 12) requestBytes += Number(reader.uint64());
    else if (field === 13) requestHeaders.set(...mapEntry(reader.bytes()));
    else return false;
    return true;
  });
  path = original || path;
  return { method, scheme, authority, path, userAgent, referer, requestId, requestHeaders, requestBytes };
}

const NO_REQUEST = decodeRequest(new Uint8Array());

function decodeTcp(bytes: Uint8Array): LoggedTcp {
  let common = NOTHING_COMMON;
  let [receivedBytes, sentBytes] = [0, 0];
  let isOpen = false;
  eachField(bytes, (field, reader) => {
    if (field === 1) {
      const bytes = reader.bytes();
      common = decodeCommon(bytes);
      isOpen = isOpening(bytes);
    } else if (field === 2) {
      eachField(reader.bytes(), (inner, connection) => {
        if (inner === 1) receivedBytes = Number(connection.uint64());
        else if (inner === 2) sentBytes = Number(connection.uint64());
        else return false;
        return true;
      });
    } else return false;
    return true;
  });
  return { ...common, isOpening: isOpen, receivedBytes, sentBytes };
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
