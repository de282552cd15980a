import type { FindingLevel } from './finding.ts';

/** One text that a finding can have. `{argument}` stands for what the caller fills in. */
export interface MessageBody {
  readonly code: string;
  readonly level: FindingLevel;
  readonly template: string;
  /** How to fix it, one sentence in the imperative; may use the same arguments. */
  readonly fix?: string;
}

export interface Message<T extends string = string> extends MessageBody {
  readonly name: string;
  readonly template: T;
}

type ArgumentOf<T extends string> = T extends `${string}{${infer A}}${infer Rest}` ? A | ArgumentOf<Rest> : never;

export type MessageArgument = string | number | boolean | readonly (string | number)[];

/** What a message needs: one value for each `{argument}` of its template. */
export type MessageArguments<T extends string> = Readonly<Record<ArgumentOf<T>, MessageArgument>>;

type Messages<T extends Readonly<Record<string, MessageBody>>> = {
  readonly [K in keyof T]: T[K] & { readonly name: K };
};

export function defineMessages<const T extends Readonly<Record<string, MessageBody>>>(bodies: T): Messages<T> {
  const entries = Object.entries(bodies).map(([name, body]) => [name, { ...body, name }]);
  return Object.fromEntries(entries) as Messages<T>;
}
