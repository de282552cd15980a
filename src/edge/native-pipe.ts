type Pipe = TransformStream<Uint8Array, Uint8Array>;

/** Workers' own streams: they pump natively, and one of a known length keeps Content-Length. */
interface NativeStreams {
  readonly IdentityTransformStream?: new () => Pipe;
  readonly FixedLengthStream?: new (lengthBytes: number) => Pipe;
}

/** A body whose end can be waited for, without its bytes passing through JavaScript where the runtime can do that. */
export function watched(
  body: ReadableStream<Uint8Array>,
  lengthBytes: number | undefined,
  signal: AbortSignal | undefined,
): { readonly body: ReadableStream<Uint8Array>; readonly end: Promise<void> } {
  const { IdentityTransformStream, FixedLengthStream } = globalThis as NativeStreams;
  const pipe =
    lengthBytes !== undefined && FixedLengthStream !== undefined
      ? new FixedLengthStream(lengthBytes)
      : new (IdentityTransformStream ?? TransformStream)();
  return { body: pipe.readable, end: body.pipeTo(pipe.writable, signal === undefined ? {} : { signal }) };
}

/** Content-Length, where it says how many bytes a body has. */
export function contentLength(headers: Headers): number | undefined {
  const length = headers.get('content-length');
  return length === null || !/^\d+$/.test(length) ? undefined : Number(length);
}
