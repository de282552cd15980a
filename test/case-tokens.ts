import { createCaseTokens } from '../src/control/simulate/case-tokens.ts';

/** Tokens of the golden cases: `${CASE_JWKS}` in their YAML is the key set that verifies them. */
export const caseTokens = await createCaseTokens();
