/**
 * A string that a regular expression very probably matches: alternatives by their first, repetitions as often as
 * `repeat` says where that is allowed. Undefined for what it cannot read.
 */
export function sampleRegex(pattern: string, repeat: number): string | undefined {
  const reader = { text: pattern.replace(/^\(\?[a-zA-Z]+\)/, ''), at: 0 };
  try {
    const sample = alternatives(reader, repeat);
    return reader.at === reader.text.length ? sample : undefined;
  } catch {
    return undefined;
  }
}

interface Reader {
  readonly text: string;
  at: number;
}

function alternatives(reader: Reader, repeat: number): string {
  const first = sequence(reader, repeat);
  while (reader.text[reader.at] === '|') {
    reader.at++;
    sequence(reader, repeat);
  }
  return first;
}

function sequence(reader: Reader, repeat: number): string {
  let sample = '';
  while (reader.at < reader.text.length && reader.text[reader.at] !== '|' && reader.text[reader.at] !== ')') {
    const one = atom(reader, repeat);
    sample += one.repeat(times(reader, repeat));
  }
  return sample;
}

function atom(reader: Reader, repeat: number): string {
  const char = reader.text[reader.at++] ?? '';
  switch (char) {
    case '^':
    case '$':
      return '';
    case '.':
      return 'a';
    case '(': {
      const flags = /^\?(?:P?<\w+>|[a-zA-Z]*:)/.exec(reader.text.slice(reader.at));
      if (flags !== null) reader.at += flags[0].length;
      const inner = alternatives(reader, repeat);
      if (reader.text[reader.at++] !== ')') throw new SyntaxError('a group is not closed');
      return inner;
    }
    case '[':
      return characterClass(reader);
    case '\\':
      return escaped(reader.text[reader.at++] ?? '');
    default:
      return char;
  }
}

function escaped(char: string): string {
  const samples: Readonly<Record<string, string>> = {
    d: '1',
    w: 'a',
    s: ' ',
    D: 'a',
    W: '-',
    S: 'a',
    b: '',
    B: '',
    A: '',
    z: '',
  };
  if (Object.hasOwn(samples, char)) return samples[char] ?? '';
  if (/[a-zA-Z]/.test(char)) throw new SyntaxError('an escape that is not sampled');
  return char;
}

function characterClass(reader: Reader): string {
  const isNegated = reader.text[reader.at] === '^';
  if (isNegated) reader.at++;
  const start = reader.at;
  // A bracket that comes first is an ordinary character.
  if (reader.text[reader.at] === ']') reader.at++;
  while (reader.at < reader.text.length && reader.text[reader.at] !== ']') {
    if (reader.text.startsWith('[:', reader.at)) reader.at = reader.text.indexOf(':]', reader.at) + 1;
    reader.at += reader.text[reader.at] === '\\' ? 2 : 1;
  }
  const body = reader.text.slice(start, reader.at++);
  const candidates = ['a', '1', 'A', '-', '_', '/', '.', '~', '!'];
  const test = new RegExp(`[${isNegated ? '^' : ''}${body.replaceAll(/\[:(\w+):\]/g, posix)}]`);
  const literal = isNegated ? [] : [body[0] === '\\' ? '' : (body[0] ?? '')];
  const sample = [...candidates, ...literal].find((candidate) => candidate !== '' && test.test(candidate));
  if (sample === undefined) throw new SyntaxError('a class that is not sampled');
  return sample;
}

function posix(_: string, name: string): string {
  return { alpha: 'a-zA-Z', digit: '0-9', alnum: 'a-zA-Z0-9', lower: 'a-z', upper: 'A-Z', space: '\\s' }[name] ?? 'a-z';
}

function times(reader: Reader, repeat: number): number {
  const quantifier = /^(?:[*+?]|\{\d+(?:,\d*)?\})\??/.exec(reader.text.slice(reader.at));
  if (quantifier === null) return 1;
  reader.at += quantifier[0].length;
  switch (quantifier[0][0]) {
    case '*':
      return repeat;
    case '+':
      return Math.max(1, repeat);
    case '?':
      return Math.min(1, repeat);
    default: {
      const [least = 0, most] = quantifier[0].slice(1).split(/[,}]/).map(Number);
      const limit = most === undefined || Number.isNaN(most) ? least : most;
      return Math.min(Math.max(least, repeat), Math.max(least, limit), 64);
    }
  }
}
