import { ASSUMED_ALLOWED, type CertainEnvironment } from '../../engine/possible-decisions.ts';

const REQUEST_ID = '00000000-0000-4000-8000-000000000000';

/** An environment in which the same request always meets with the same answer. */
export function certainEnvironment(options: {
  readonly nowMs: number;
  readonly external?: CertainEnvironment['authorizeExternally'];
}): CertainEnvironment {
  const { nowMs, external } = options;
  return {
    nowMs: () => nowMs,
    newRequestId: () => REQUEST_ID,
    authorizeExternally: external ?? (async () => ASSUMED_ALLOWED),
    refetchJwks: async () => undefined,
  };
}
