import type { RequestBody } from './request-body.ts';

/**
 * Envoy's route timeout: from the end of the request to the end of the response, all tries included. The response's
 * end is not visible here, so that the timer simply stays on; after the end its abort has nothing left to do.
 */
export class RouteTimeout {
  readonly #controller = new AbortController();
  readonly #timeoutMs: number;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get isOver(): boolean {
    return this.#controller.signal.aborted;
  }

  /** The body as it is to be sent; the timer starts at its end, at once when there is none to wait for. */
  watch(body: RequestBody | null): RequestBody | null {
    if (body === null || body instanceof Uint8Array) {
      this.#start();
      return body;
    }
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const start = (): void => this.#start();
    body.pipeTo(writable).then(start, start);
    return readable;
  }

  /** An upgraded connection lives as long as it likes. */
  cancel(): void {
    clearTimeout(this.#timer);
  }

  #start(): void {
    this.#timer ??= setTimeout(() => {
      this.#controller.abort(new DOMException('upstream request timeout', 'TimeoutError'));
    }, this.#timeoutMs);
  }
}
