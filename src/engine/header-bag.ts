/** The part of the Fetch API's Headers that the engine uses; names are case-insensitive. */
export interface Headers {
  get(name: string): string | null;
  set(name: string, value: string): void;
  append(name: string, value: string): void;
  delete(name: string): void;
}
