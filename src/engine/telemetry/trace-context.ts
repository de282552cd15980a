import type { Headers } from '../header-bag.ts';

/** A request's place in a trace. */
export interface TraceContext {
  /** 32 lower-case hexadecimal digits. */
  readonly traceId: string;
  /** 16 of them: the span that calls. */
  readonly spanId: string;
  /** Undefined: the caller leaves the decision to others. */
  readonly sampled: boolean | undefined;
  /** W3C `tracestate`, as it came. */
  readonly state?: string;
}

const TRACEPARENT = /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(?:-.*)?$/;
const B3 = /^([\da-f]{32}|[\da-f]{16})-([\da-f]{16})(?:-([01d])(?:-[\da-f]{16})?)?$/i;
const ZEROS = /^0+$/;

/** W3C Trace Context (level 1) first, then B3 in one header, then B3 in several. What is malformed counts as not there. */
export function readTraceContext(header: (name: string) => string | null): TraceContext | undefined {
  return fromTraceparent(header) ?? fromB3(header('b3')) ?? fromB3Headers(header);
}

function fromTraceparent(header: (name: string) => string | null): TraceContext | undefined {
  const [, version, traceId = '', spanId = '', flags = ''] = TRACEPARENT.exec(header('traceparent') ?? '') ?? [];
  // "Version ff is invalid"; a later version is read as far as this one goes.
  if (version === undefined || version === 'ff' || ZEROS.test(traceId) || ZEROS.test(spanId)) return undefined;
  const state = header('tracestate');
  const sampled = (Number.parseInt(flags, 16) & 1) === 1;
  return { traceId, spanId, sampled, ...(state === null || state.length > MAX_STATE_LENGTH ? {} : { state }) };
}

/** "Vendors SHOULD propagate at least 512 characters". */
const MAX_STATE_LENGTH = 512;

function fromB3(value: string | null): TraceContext | undefined {
  const [, traceId, spanId, decision] = B3.exec(value ?? '') ?? [];
  if (traceId === undefined || spanId === undefined) return undefined;
  return context(traceId, spanId, decision === undefined ? undefined : decision !== '0');
}

function fromB3Headers(header: (name: string) => string | null): TraceContext | undefined {
  const traceId = header('x-b3-traceid');
  const spanId = header('x-b3-spanid');
  if (traceId === null || spanId === null || !B3.test(`${traceId}-${spanId}`)) return undefined;
  const decision = header('x-b3-flags') === '1' ? '1' : header('x-b3-sampled');
  return context(traceId, spanId, decision === null ? undefined : decision === '1' || decision === 'true');
}

function context(traceId: string, spanId: string, sampled: boolean | undefined): TraceContext | undefined {
  if (ZEROS.test(traceId) || ZEROS.test(spanId)) return undefined;
  return { traceId: traceId.toLowerCase().padStart(32, '0'), spanId: spanId.toLowerCase(), sampled };
}

const OTHERS = ['x-b3-traceid', 'x-b3-spanid', 'x-b3-parentspanid', 'x-b3-sampled', 'x-b3-flags', 'x-ot-span-context'];

/** Both forms, so that whoever is next understands one; what a client has sent of a trace goes. */
export function writeTraceContext(headers: Headers, { traceId, spanId, sampled, state }: TraceContext): void {
  headers.set('traceparent', `00-${traceId}-${spanId}-0${sampled === true ? 1 : 0}`);
  headers.set('b3', `${traceId}-${spanId}-${sampled === true ? 1 : 0}`);
  for (const name of OTHERS) if (headers.get(name) !== null) headers.delete(name);
  if (state !== undefined) headers.set('tracestate', state);
  else if (headers.get('tracestate') !== null) headers.delete('tracestate');
}
