import { printExplanation } from '../../src/cli/explain-output.ts';
import type { Explanation } from '../../src/control/explain/node.ts';

/** As it is printed where there are no colours. */
export function rendered(explanation: Explanation): string {
  const parts: string[] = [];
  const terminal = {
    write(text: string) {
      parts.push(text);
    },
    hasColors: false,
  };
  printExplanation(explanation, terminal, { showsAll: false });
  return parts.join('');
}
