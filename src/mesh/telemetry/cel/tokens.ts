/** A word of a CEL expression. */
export type CelToken =
  | { readonly kind: 'name' | 'operator'; readonly text: string; readonly at: number }
  | { readonly kind: 'string'; readonly value: string; readonly at: number }
  | { readonly kind: 'number'; readonly value: number; readonly at: number };

const WORD =
  /\s+|(?<name>[A-Za-z_]\w*)|(?<number>\d+(?:\.\d+)?)u?|(?<raw>[rR]?)(?<text>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|(?<operator>&&|\|\||[=!<>]=|[<>!().,[\]?:+\-%*/])/y;

/** Throws CelSyntaxError. */
export function celTokens(expression: string): CelToken[] {
  const tokens: CelToken[] = [];
  WORD.lastIndex = 0;
  while (WORD.lastIndex < expression.length) {
    const at = WORD.lastIndex;
    const groups = WORD.exec(expression)?.groups;
    if (groups === undefined) throw new CelSyntaxError(`unexpected ${JSON.stringify(expression[at])}`, at);
    const { name, number, raw, text, operator } = groups;
    // A prefix of a string is a name to the first alternative.
    if ((name === 'r' || name === 'R') && /["']/.test(expression[WORD.lastIndex] ?? '')) {
      const start = WORD.lastIndex;
      const inner = WORD.exec(expression)?.groups?.text;
      if (inner === undefined) throw new CelSyntaxError('a string without its end', start);
      tokens.push({ kind: 'string', value: inner.slice(1, -1), at });
    } else if (name !== undefined) tokens.push({ kind: 'name', text: name, at });
    else if (number !== undefined) tokens.push({ kind: 'number', value: Number(number), at });
    else if (text !== undefined) {
      tokens.push({ kind: 'string', value: raw ? text.slice(1, -1) : unescaped(text.slice(1, -1), at), at });
    } else if (operator !== undefined) tokens.push({ kind: 'operator', text: operator, at });
  }
  return tokens;
}

export class CelSyntaxError extends Error {
  override readonly name = 'CelSyntaxError';

  constructor(reason: string, at: number) {
    super(`${reason} at character ${at + 1}`);
  }
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  '\\': '\\',
  '"': '"',
  "'": "'",
  '`': '`',
};

function unescaped(text: string, at: number): string {
  return text.replace(/\\(?:x([\dA-Fa-f]{2})|u([\dA-Fa-f]{4})|(.))/g, (_whole, hex, unicode, char: string) => {
    const code: string | undefined = hex ?? unicode;
    if (code !== undefined) return String.fromCharCode(Number.parseInt(code, 16));
    const plain = ESCAPES[char];
    if (plain === undefined) throw new CelSyntaxError(`\\${char} is no escape`, at);
    return plain;
  });
}
