import type { EdgeFacts } from './facts.ts';
import { contentLength, watched } from './native-pipe.ts';
import { isBodyBound, type RequestBody } from './request-body.ts';
import type { RequestContext } from './runtime.ts';

/** Envoy's route timeout: from the end of the request to the end of the response, all tries included. */
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
  watchRequest(body: RequestBody | null, { method, headers }: EdgeFacts): RequestBody | null {
    if (body === null || body instanceof Uint8Array || isBodyBound(method)) {
      this.#start();
      return body;
    }
    const sent = watched(body, contentLength(headers), undefined);
    const start = (): void => this.#start();
    sent.end.then(start, start);
    return sent.body;
  }

  /**
   * The response with a body that is cut off when the time is up. The runtime drops timers as soon as nothing of a
   * request is left to do in JavaScript, so that the end of the body has to be waited for.
   */
  watchResponse(response: Response, context: RequestContext): Response {
    if (response.body === null || response.status === 101) {
      this.#stop();
      return response;
    }
    const { body, end } = watched(response.body, contentLength(response.headers), this.signal);
    const stop = (): void => this.#stop();
    context.waitUntil(end.then(stop, stop));
    return new Response(body, response);
  }

  #start(): void {
    this.#timer ??= setTimeout(() => {
      this.#controller.abort(new DOMException('upstream request timeout', 'TimeoutError'));
    }, this.#timeoutMs);
  }

  #stop(): void {
    clearTimeout(this.#timer);
  }
}
