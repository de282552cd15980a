import { asFields } from '../../resources/metadata.ts';

/** `overlay` over `base`: mappings are merged, lists of named things by their names, all else is replaced. */
export function deepMerge(base: unknown, overlay: unknown): unknown {
  if (overlay === undefined) return base;
  const [below, above] = [asFields(base), asFields(overlay)];
  if (below !== undefined && above !== undefined) {
    const keys = new Set([...Object.keys(below), ...Object.keys(above)]);
    return Object.fromEntries([...keys].map((key) => [key, deepMerge(below[key], above[key])]));
  }
  if (Array.isArray(base) && Array.isArray(overlay)) return mergeLists(base, overlay);
  return overlay;
}

function mergeLists(base: readonly unknown[], overlay: readonly unknown[]): unknown[] {
  const nameOf = (item: unknown): unknown => asFields(item)?.name;
  if (![...base, ...overlay].every((item) => typeof nameOf(item) === 'string')) return [...overlay];
  const known = new Set(base.map(nameOf));
  return [
    ...base.map((item) =>
      deepMerge(
        item,
        overlay.find((other) => nameOf(other) === nameOf(item)),
      ),
    ),
    ...overlay.filter((item) => !known.has(nameOf(item))),
  ];
}
