import type { HeaderMutations } from './config.ts';
import { type FormatContext, type FormattedValue, prepareValue } from './formatter.ts';
import type { Headers } from './header-bag.ts';

export type HeaderEdit = (headers: Headers, context: FormatContext) => void;

/** Envoy's order: removals first, then set and add as listed. Undefined when there is nothing to do. */
export function prepareMutations(mutations: HeaderMutations | undefined): HeaderEdit | undefined {
  if (mutations === undefined || mutations.remove.length + mutations.apply.length === 0) return undefined;
  const { remove } = mutations;
  const apply = mutations.apply.map(({ name, value, append }) => ({ name, append, value: prepareValue(value) }));
  return (headers, context) => {
    for (const name of remove) headers.delete(name);
    for (const { name, value, append } of apply) {
      const text = formatted(value, context);
      // Envoy adds no header whose value came out empty (keep_empty_value is off).
      if (text === '') continue;
      if (append) headers.append(name, text);
      else headers.set(name, text);
    }
  };
}

function formatted(value: FormattedValue, context: FormatContext): string {
  return typeof value === 'string' ? value : value(context);
}
