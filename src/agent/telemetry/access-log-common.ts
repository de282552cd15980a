import { eachField } from '../../ca/each-field.ts';
import { PEER_STATE } from '../../engine/telemetry/peer-text.ts';

/** Of AccessLogCommon what metrics need, of a request as of a connection. */
export interface LoggedCommon {
  /** Of the peer's certificate: `spiffe://…`; empty without one. */
  readonly peerUri: string;
  /** What the caller's proxy says of its workload; empty: nothing. */
  readonly peer: string;
  readonly upstreamCluster: string;
  /** Envoy's short names, `-` for none. */
  readonly flags: string;
  /** Milliseconds since the epoch; 0: Envoy has not said. */
  readonly startedMs: number;
  readonly durationMs: number;
  /** Custom tags by name. */
  readonly tags: ReadonlyMap<string, string>;
  readonly routeName: string;
}

/** AccessLogType.TcpUpstreamConnected */
const TCP_UPSTREAM_CONNECTED = 1;

export function isOpening(common: Uint8Array): boolean {
  let type = 0;
  eachField(common, (field, reader) => {
    if (field !== 33) return false;
    type = reader.int32();
    return true;
  });
  return type === TCP_UPSTREAM_CONNECTED;
}

export const NOTHING_COMMON: LoggedCommon = {
  peerUri: '',
  peer: '',
  upstreamCluster: '',
  flags: '-',
  startedMs: 0,
  durationMs: 0,
  tags: new Map(),
  routeName: '',
};

export function decodeCommon(bytes: Uint8Array): LoggedCommon {
  let [peerUri, peer, upstreamCluster, routeName, flags] = ['', '', '', '', '-'];
  let [startedMs, durationMs, lastByteMs] = [0, 0, 0];
  const tags = new Map<string, string>();
  eachField(bytes, (field, reader) => {
    if (field === 4) peerUri = peerUriOf(reader.bytes());
    else if (field === 5) startedMs = milliseconds(reader.bytes());
    else if (field === 12) lastByteMs = milliseconds(reader.bytes());
    else if (field === 15) upstreamCluster = reader.string();
    else if (field === 16) flags = flagsOf(reader.bytes());
    else if (field === 19) routeName = reader.string();
    else if (field === 21) peer = stringState(reader.bytes(), PEER_STATE) ?? peer;
    else if (field === 22) {
      const [name, value] = mapEntry(reader.bytes());
      tags.set(name, value);
    } else if (field === 23) durationMs = milliseconds(reader.bytes());
    else return false;
    return true;
  });
  return {
    peerUri,
    peer,
    upstreamCluster,
    routeName,
    flags,
    startedMs,
    durationMs: durationMs || lastByteMs,
    tags,
  };
}

/** An entry of filter_state_objects, if it is the wanted one: an Any with a google.protobuf.StringValue. */
function stringState(bytes: Uint8Array, wanted: string): string | undefined {
  let key = '';
  let value: string | undefined;
  eachField(bytes, (field, entry) => {
    if (field === 1) key = entry.string();
    else if (field === 2) {
      eachField(entry.bytes(), (inner, any) => {
        if (inner !== 2) return false;
        eachField(any.bytes(), (only, wrapper) => {
          if (only !== 1) return false;
          value = wrapper.string();
          return true;
        });
        return true;
      });
    } else return false;
    return true;
  });
  return key === wanted ? value : undefined;
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

export function mapEntry(bytes: Uint8Array): readonly [key: string, value: string] {
  let [key, value] = ['', ''];
  eachField(bytes, (field, reader) => {
    if (field === 1) key = reader.string();
    else if (field === 2) value = reader.string();
    else return false;
    return true;
  });
  return [key, value];
}

/** google.protobuf.Duration, and google.protobuf.Timestamp since the epoch. */
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
