/** An input made to blow up backtracking engines, against 100 user expressions. */
import { loadRegexEngine, regex } from '../../src/engine/regex/re2.ts';
import { median } from './median.ts';

const BOMBS = [
  '(a+)+$',
  '(a|aa)+$',
  '([a-z]+)*x',
  'a*a*a*a*b',
  '.*a.*a.*a.*b',
  '(.*)*x',
  '(a|a)*b',
  '^(([a-z])+.)+[A-Z]$',
];

export async function benchRegex(): Promise<void> {
  await loadRegexEngine();
  const input = `${'a'.repeat(28)}!`;
  const expressions = Array.from({ length: 100 }, (_, index) => regex(`${BOMBS[index % BOMBS.length]}|never${index}`));
  for (const expression of expressions) expression.test('warm');
  const times = Array.from({ length: 15 }, () => {
    const start = performance.now();
    for (const expression of expressions) expression.test(input);
    return performance.now() - start;
  });
  console.log(
    `100 expressions: ${median(times).toFixed(2)} ms, the first time ${(times[0] ?? 0).toFixed(2)} ms (target < 5)`,
  );
}

if (import.meta.main) await benchRegex();
