import { isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';

/** RFC 1035 §3.2.2, RFC 3596. */
export const TYPE_A = 1;
export const TYPE_AAAA = 28;
const TYPE_CNAME = 5;
const CLASS_IN = 1;

/** RFC 1035 §4.1.1. */
const HEADER_BYTES = 12;
const MAX_NAME_BYTES = 255;
const RESPONSE = 0x8000;
const AUTHORITATIVE = 0x0400;
const TRUNCATED = 0x0200;
const RECURSION_DESIRED = 0x0100;
const RECURSION_AVAILABLE = 0x0080;
const OPCODE = 0x7800;
export const SERVER_FAILURE = 2;
/** Without EDNS a UDP answer is no longer than this: RFC 1035 §4.2.1. */
export const MAX_UDP_BYTES = 512;

/** How long clients may keep an answer, in seconds: Istio's. */
const TTL_S = 30;

export interface DnsQuery {
  readonly id: number;
  /** Lower case, without the dot at the end. */
  readonly name: string;
  readonly type: number;
  readonly flags: number;
  /** The question as it came: its spelling is repeated (RFC 4343, and clients that check it). */
  readonly question: Buffer;
}

export interface DnsAnswer {
  /** The name that the client's stands for, where that is another one. */
  readonly alias: string | undefined;
  readonly addresses: readonly string[];
}

/** Undefined: not one plain question, so that it is somebody else's to answer. */
export function parseQuery(message: Buffer): DnsQuery | undefined {
  if (message.length < HEADER_BYTES) return undefined;
  const flags = message.readUInt16BE(2);
  const isPlain = (flags & (RESPONSE | OPCODE)) === 0 && message.readUInt16BE(4) === 1;
  if (!isPlain) return undefined;
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (;;) {
    const length = message[at];
    // A question has no pointers: nothing comes before it.
    if (length === undefined || length > 63 || at - HEADER_BYTES > MAX_NAME_BYTES) return undefined;
    at += 1;
    if (length === 0) break;
    if (at + length > message.length) return undefined;
    labels.push(message.toString('latin1', at, at + length).toLowerCase());
    at += length;
  }
  if (at + 4 > message.length || message.readUInt16BE(at + 2) !== CLASS_IN) return undefined;
  return {
    id: message.readUInt16BE(0),
    name: labels.join('.'),
    type: message.readUInt16BE(at),
    flags,
    question: message.subarray(HEADER_BYTES, at + 4),
  };
}

/** `maxBytes`: what does not fit is left out, and the client is told to ask over TCP. */
export function encodeAnswer(query: DnsQuery, { alias, addresses }: DnsAnswer, maxBytes: number): Buffer {
  const wanted = addresses.filter((address) => isIPv6(address) === (query.type === TYPE_AAAA));
  const records: Buffer[] = [];
  // 0xc00c points to the name of the question, which begins right after the header.
  let owner: Buffer = Buffer.from([0xc0, HEADER_BYTES]);
  if (alias !== undefined) {
    const target = encodeName(alias);
    records.push(record(owner, TYPE_CNAME, target));
    owner = target;
  }
  for (const address of wanted)
    records.push(record(owner, query.type, Buffer.from(ipaddr.parse(address).toByteArray())));
  const fitting: Buffer[] = [];
  let bytes = HEADER_BYTES + query.question.length;
  for (const one of records) {
    if (bytes + one.length > maxBytes) break;
    fitting.push(one);
    bytes += one.length;
  }
  const flags = AUTHORITATIVE | (fitting.length < records.length ? TRUNCATED : 0);
  return Buffer.concat([header(query, flags, fitting.length), query.question, ...fitting]);
}

/** `code`: RFC 1035 §4.1.1, RCODE. */
export function encodeFailure(query: DnsQuery, code: number): Buffer {
  return Buffer.concat([header(query, code, 0), query.question]);
}

function header({ id, flags }: DnsQuery, own: number, answers: number): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES);
  bytes.writeUInt16BE(id, 0);
  bytes.writeUInt16BE(RESPONSE | RECURSION_AVAILABLE | (flags & RECURSION_DESIRED) | own, 2);
  bytes.writeUInt16BE(1, 4);
  bytes.writeUInt16BE(answers, 6);
  return bytes;
}

function record(owner: Buffer, type: number, data: Buffer): Buffer {
  const fixed = Buffer.alloc(10);
  fixed.writeUInt16BE(type, 0);
  fixed.writeUInt16BE(CLASS_IN, 2);
  fixed.writeUInt32BE(TTL_S, 4);
  fixed.writeUInt16BE(data.length, 8);
  return Buffer.concat([owner, fixed, data]);
}

function encodeName(name: string): Buffer {
  const labels = name.split('.').map((label) => Buffer.from(label, 'latin1'));
  return Buffer.concat([...labels.flatMap((label) => [Buffer.from([label.length]), label]), Buffer.from([0])]);
}
