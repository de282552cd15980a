import { seededRandom } from '../seeded-random.ts';

/** Choices that a seed decides. */
export class Chance {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  number(below: number): number {
    return Math.floor(this.#random() * below);
  }

  is(probability: number): boolean {
    return this.#random() < probability;
  }

  pick<T>(choices: readonly T[]): T {
    const choice = choices[this.number(choices.length)];
    if (choice === undefined) throw new RangeError('nothing to choose from');
    return choice;
  }

  /** At least one, each with even odds, in order. */
  some<T>(choices: readonly T[]): T[] {
    const chosen = choices.filter(() => this.is(0.5));
    return chosen.length > 0 ? chosen : [this.pick(choices)];
  }

  list<T>(least: number, most: number, make: () => T): T[] {
    return Array.from({ length: least + this.number(most - least + 1) }, make);
  }

  /** The fields, or none of them. */
  maybe<T extends object>(probability: number, make: () => T): T | Record<string, never> {
    return this.is(probability) ? make() : {};
  }
}
