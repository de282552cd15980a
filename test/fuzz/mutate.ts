import { seededRandom } from '../seeded-random.ts';

/** Random choices that a seed repeats. */
export class Chance {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  is(probability: number): boolean {
    return this.#random() < probability;
  }

  of<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }

  text(maxLength: number, alphabet: string): string {
    return Array.from({ length: this.below(maxLength + 1) }, () => alphabet[this.below(alphabet.length)]).join('');
  }
}

const MAX_MUTATIONS = 6;

/** The text with a few things gone, repeated, swapped or put in from elsewhere. */
export function mutate(text: string, chance: Chance, others: readonly string[], tokens: readonly string[]): string {
  let mutated = text;
  for (let count = 1 + chance.below(MAX_MUTATIONS); count > 0; count--) {
    const at = chance.below(mutated.length + 1);
    const length = chance.is(0.7) ? chance.below(12) : chance.below(400);
    const [before, piece, after] = [mutated.slice(0, at), mutated.slice(at, at + length), mutated.slice(at + length)];
    const other = chance.of(others);
    const from = chance.below(other.length);
    mutated = chance.of([
      () => before + after,
      () => before + piece + piece + after,
      () => before + chance.of(tokens) + after,
      () => before + chance.of(tokens) + piece + after,
      () => before + other.slice(from, from + length) + after,
      () => before + String.fromCharCode(chance.below(chance.is(0.9) ? 128 : 65_536)) + piece + after,
      () => before + piece.repeat(1 + chance.below(40)) + after,
      () => swapLines(mutated, chance),
      () => mutated.slice(0, at),
    ])();
  }
  return mutated;
}

function swapLines(text: string, chance: Chance): string {
  const lines = text.split('\n');
  const [a, b] = [chance.below(lines.length), chance.below(lines.length)];
  [lines[a], lines[b]] = [lines[b] as string, lines[a] as string];
  return lines.join('\n');
}
