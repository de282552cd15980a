/**
 * Some RE2 expressions mean the same to JavaScript's RegExp and cannot make it backtrack: those run natively.
 * Everything else runs on a linear-time engine (`re2.ts`).
 *
 * Accepted: an optional `(?i)`, then a sequence of atoms (literal, escape, `.`, character class), each with an
 * optional quantifier, and groups of plain literals `(a|bc)` without one. Matching is against the whole value, so
 * it is linear when every repeated atom is followed by a literal that the atom itself cannot match: the end of a
 * repetition is then known when it is reached. The last repetition needs no such neighbour only when nothing but
 * fixed-length atoms follow it: their place is then counted from the end.
 */

interface Atom {
  /** Source for RegExp. */
  readonly source: string;
  /** The only character that it matches, when there is just one. */
  readonly literal: string | undefined;
  readonly test: RegExp;
  repeats: boolean;
  quantifier: string;
}

/** A RegExp that is equal to the RE2 expression on whole values and runs in linear time; undefined: cannot tell. */
export function nativeForm(expression: string): RegExp | undefined {
  const ignoreCase = expression.startsWith('(?i)');
  let text = ignoreCase ? expression.slice(4) : expression;
  // The whole value is matched anyway.
  if (text.startsWith('^')) text = text.slice(1);
  if (text.endsWith('$') && !text.endsWith('\\$')) text = text.slice(0, -1);
  const atoms = parseAtoms(text, ignoreCase);
  if (atoms === undefined || !isDeterministic(atoms)) return undefined;
  const source = atoms.map((atom) => atom.source + atom.quantifier).join('');
  return new RegExp(`^(?:${source})$`, ignoreCase ? 'i' : '');
}

function parseAtoms(text: string, ignoreCase: boolean): Atom[] | undefined {
  const atoms: Atom[] = [];
  let position = 0;
  while (position < text.length) {
    const rest = text.slice(position);
    const group = /^\((?:\?:)?([\w\-/]+(?:\|[\w\-/]+)*)\)/.exec(rest);
    if (group !== null) {
      atoms.push({ source: `(?:${group[1]})`, literal: undefined, test: /$^/, repeats: false, quantifier: '' });
      position += group[0].length;
      if (/^[*+?{]/.test(text.slice(position))) return undefined;
      continue;
    }
    const token =
      /^(?:\\[./\-_+?*()[\]{}^$|\\dwDW]|\[\^?(?:\\[./\-_\\\]dw]|[A-Za-z0-9](?:-[A-Za-z0-9])?|[ /_.,:;=@%&~!+*?$(){}|])+-?\]|[A-Za-z0-9 /_\-,:;=@%&~!<>"'#`]|\.)/.exec(
        rest,
      );
    if (token === null) return undefined;
    const source = token[0];
    position += source.length;
    const quantifier = /^(?:[*+?]|\{\d{1,2}(?:,\d{1,2})?\})/.exec(text.slice(position))?.[0] ?? '';
    position += quantifier.length;
    // A second quantifier would make it lazy or possessive.
    if (quantifier !== '' && /^[*+?{]/.test(text.slice(position))) return undefined;
    const safe = source === '.' ? '[^\\n]' : source;
    let test: RegExp;
    try {
      test = new RegExp(`^(?:${safe})$`, ignoreCase ? 'i' : '');
    } catch {
      return undefined;
    }
    atoms.push({
      source: safe,
      literal: literalOf(source),
      test,
      repeats: quantifier !== '' && !/^\{\d+\}$/.test(quantifier),
      quantifier,
    });
  }
  return atoms;
}

function literalOf(source: string): string | undefined {
  if (source.length === 1) return source === '.' ? undefined : source;
  return /^\\[^dwDW]$/.test(source) ? source.slice(1) : undefined;
}

function isDeterministic(atoms: readonly Atom[]): boolean {
  const last = atoms.findLastIndex((atom) => atom.repeats);
  for (let i = 0; i < atoms.length; i++) {
    const atom = atoms[i] as Atom;
    if (!atom.repeats || i === last) continue;
    const next = atoms[i + 1];
    if (next?.literal === undefined || next.repeats || atom.test.test(next.literal)) return false;
  }
  return true;
}
