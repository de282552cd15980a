import type { Environment } from '../../src/engine/environment.ts';

/** Costs nothing, so that only the engine is measured. */
export const BENCH_ENVIRONMENT: Environment = {
  nowMs: () => 0,
  random: () => 0.5,
  newRequestId: () => 'id',
  authorizeExternally: async () => ({ kind: 'error', why: 'not asked in a benchmark' }),
  refetchJwks: async () => undefined,
};
