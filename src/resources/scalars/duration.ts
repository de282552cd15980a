import * as z from 'zod';

/** Whole milliseconds. In YAML a duration is text (`1.5s`); in a parsed resource it is this number. */
export type Milliseconds = number;

const MS_BY_UNIT: Readonly<Record<string, number>> = {
  h: 3_600_000,
  m: 60_000,
  s: 1_000,
  ms: 1,
  us: 1e-3,
  µs: 1e-3,
  ns: 1e-6,
};
const DURATION = /^(?:\d+(?:\.\d*)?|\.\d+)(?:h|ms|m|s|us|µs|ns)(?:(?:\d+(?:\.\d*)?|\.\d+)(?:h|ms|m|s|us|µs|ns))*$/;
const PART = /(\d+(?:\.\d*)?|\.\d+)(h|ms|m|s|us|µs|ns)/g;

/** Milliseconds of a Go duration (`1h30m`, `1.5s`, `100ms`), or undefined where the text is none. */
export function parseDuration(text: string): Milliseconds | undefined {
  if (text === '0') return 0;
  if (text.length > 32 || !DURATION.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(PART)) total += Number(amount) * (MS_BY_UNIT[unit ?? ''] ?? 0);
  // Sums of binary fractions: 0.1s + 0.2s must stay whole.
  return Math.round(total * 1e6) / 1e6;
}

const EXAMPLES = 'such as 10s, 1.5s, 100ms or 1m30s';

function durationFrom(minimumMs: number): z.ZodType<Milliseconds, string> {
  return z.string().transform((text, context): Milliseconds => {
    const ms = parseDuration(text);
    const problem =
      ms === undefined
        ? `expected a duration ${EXAMPLES}, got ${JSON.stringify(text.slice(0, 80))}`
        : ms < minimumMs
          ? `the duration must be at least ${minimumMs}ms, got ${text}`
          : Number.isInteger(ms)
            ? undefined
            : `the duration must be whole milliseconds, got ${text}`;
    if (problem === undefined) return ms ?? 0;
    context.addIssue({ code: 'custom', message: problem });
    return z.NEVER;
  });
}

/** At least 1 ms and whole milliseconds, as Istio's ValidateDuration has it. */
export const duration = durationFrom(1);

/** As `duration`, and `0s` where Istio gives it a meaning (off, or a session cookie). */
export const durationOrZero = durationFrom(0);
