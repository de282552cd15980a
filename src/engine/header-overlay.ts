import type { Headers } from './header-bag.ts';

/** Header edits on paper: what edits would make of a request's headers, without building them. */
export class HeaderOverlay implements Headers {
  readonly #read: (name: string) => string | null;
  readonly #edits = new Map<string, string | null>();

  constructor(read: (name: string) => string | null) {
    this.#read = read;
  }

  get(name: string): string | null {
    const key = name.toLowerCase();
    const edited = this.#edits.get(key);
    return edited === undefined ? this.#read(key) : edited;
  }

  set(name: string, value: string): void {
    this.#edits.set(name.toLowerCase(), value);
  }

  append(name: string, value: string): void {
    const before = this.get(name);
    this.set(name, before === null ? value : `${before},${value}`);
  }

  delete(name: string): void {
    this.#edits.set(name.toLowerCase(), null);
  }
}
