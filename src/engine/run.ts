import type { Observation } from './authorize/verdict.ts';
import type { Environment } from './environment.ts';
import type { Headers } from './header-bag.ts';
import type { EngineRequest } from './request.ts';
import type { ServingConfig } from './serving.ts';
import type { Tracer } from './trace.ts';

/** One request's way through the stages. */
export interface Run {
  readonly serving: ServingConfig;
  readonly env: Environment;
  readonly tracer: Tracer | undefined;
  readonly request: EngineRequest;
  /** What the external authorizer and token verification do to the request's headers, in that order. */
  editRequest: ((headers: Headers) => void) | undefined;
  observed: readonly Observation[];
  /** What the external authorizer does to the response's headers. */
  editResponse: ((headers: Headers) => void) | undefined;
}
