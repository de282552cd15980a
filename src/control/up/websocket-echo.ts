import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

/** RFC 6455 §1.3. */
const HANDSHAKE_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const MAX_FRAME_BYTES = 16 * 1024 * 1024;

const CLOSE = 0x8;
const PING = 0x9;
const PONG = 0xa;

/** Takes a WebSocket and sends every message back. */
export function echoWebSocket(request: IncomingMessage, socket: Duplex, head: Buffer): void {
  const key = request.headers['sec-websocket-key'];
  if (key === undefined || request.headers.upgrade?.toLowerCase() !== 'websocket') {
    socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
    return;
  }
  const accept = createHash('sha1')
    .update(key + HANDSHAKE_GUID)
    .digest('base64');
  const protocol = request.headers['sec-websocket-protocol']?.split(',')[0]?.trim();
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-accept: ${accept}\r\n${
      protocol === undefined ? '' : `sec-websocket-protocol: ${protocol}\r\n`
    }\r\n`,
  );
  let pending = head;
  const read = (chunk: Buffer): void => {
    pending = Buffer.concat([pending, chunk]);
    for (let frame = parseFrame(pending); frame !== undefined; frame = parseFrame(pending)) {
      if (frame === 'too-large') {
        socket.destroy();
        return;
      }
      pending = pending.subarray(frame.size);
      if (frame.opcode === PONG) continue;
      const first = frame.opcode === PING ? 0x80 | PONG : frame.first;
      socket.write(serverFrame(first, frame.payload));
      if (frame.opcode === CLOSE) socket.end();
    }
  };
  socket.on('data', read);
  socket.on('end', () => socket.end());
  if (head.length > 0) read(Buffer.alloc(0));
}

interface Frame {
  /** FIN, reserved bits and opcode. */
  readonly first: number;
  readonly opcode: number;
  readonly payload: Buffer;
  readonly size: number;
}

/** RFC 6455 §5.2; undefined: not all of it is there yet. */
function parseFrame(data: Buffer): Frame | 'too-large' | undefined {
  if (data.length < 2) return undefined;
  const first = data.readUInt8(0);
  const isMasked = (data.readUInt8(1) & 0x80) !== 0;
  let length = data.readUInt8(1) & 0x7f;
  let at = 2;
  if (length === 126) {
    if (data.length < 4) return undefined;
    length = data.readUInt16BE(2);
    at = 4;
  } else if (length === 127) {
    if (data.length < 10) return undefined;
    length = Number(data.readBigUInt64BE(2));
    at = 10;
  }
  if (length > MAX_FRAME_BYTES) return 'too-large';
  const mask = isMasked ? data.subarray(at, at + 4) : undefined;
  if (isMasked) at += 4;
  if (data.length < at + length) return undefined;
  const payload = Buffer.from(data.subarray(at, at + length));
  if (mask !== undefined) for (let i = 0; i < length; i++) payload[i] = (payload[i] ?? 0) ^ (mask[i % 4] ?? 0);
  return { first, opcode: first & 0x0f, payload, size: at + length };
}

function serverFrame(first: number, payload: Buffer): Buffer {
  const { length } = payload;
  if (length < 126) return Buffer.concat([Buffer.from([first, length]), payload]);
  if (length < 65_536) {
    const header = Buffer.from([first, 126, 0, 0]);
    header.writeUInt16BE(length, 2);
    return Buffer.concat([header, payload]);
  }
  const header = Buffer.alloc(10);
  header.writeUInt8(first, 0);
  header.writeUInt8(127, 1);
  header.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([header, payload]);
}
