import type { HeaderMutations } from './config.ts';
import { type FormatContext, type FormattedValue, prepareValue } from './formatter.ts';
import type { Headers } from './header-bag.ts';

export type HeaderEdit = (headers: Headers, context: FormatContext) => void;

/**
 * Envoy's order: removals; then every value is made, before any is written; then what is set, then what is added.
 * Undefined when there is nothing to do.
 */
export function prepareMutations(mutations: HeaderMutations | undefined): HeaderEdit | undefined {
  if (mutations === undefined || mutations.remove.length + mutations.apply.length === 0) return undefined;
  const { remove } = mutations;
  const apply = mutations.apply.map(({ name, value, append }) => ({ name, append, value: prepareValue(value) }));
  const ordered = [...apply.filter(({ append }) => !append), ...apply.filter(({ append }) => append)];
  const isConstant = ordered.every(({ value }) => typeof value === 'string');
  return (headers, context) => {
    for (const name of remove) headers.delete(name);
    const values = isConstant ? undefined : ordered.map(({ value }) => formatted(value, context));
    for (let i = 0; i < ordered.length; i++) {
      const { name, append, value } = ordered[i] as (typeof ordered)[number];
      const text = values?.[i] ?? (value as string);
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
