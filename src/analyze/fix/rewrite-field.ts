export interface FieldPlace {
  /** `spec.http[0].fault.delay.percent` */
  readonly path: string;
  /** 1-based, of the key. */
  readonly line: number;
  readonly column: number;
}

interface Rewrite {
  readonly field: RegExp;
  /** Of the key and a value on its line; `$1` is the quote of the key, if any. */
  readonly text: RegExp;
  readonly replacement: string;
}

const NUMBER = '([0-9]+)';
const DURATION = '("[0-9.a-z]+"|\'[0-9.a-z]+\'|[0-9.a-z]+)';

/** Written as flow mappings, which are as right in block style as in flow style and in JSON. */
const REWRITES: readonly Rewrite[] = [
  wrap(/\.fault\.delay\.percent$/, 'percent', NUMBER, 'percentage', 'value'),
  wrap(/\.mirrorPercent$/, 'mirrorPercent', NUMBER, 'mirrorPercentage', 'value'),
  wrap(/\.mirror_percent$/, 'mirror_percent', NUMBER, 'mirrorPercentage', 'value'),
  wrap(/\.loadBalancer\.warmupDurationSecs$/, 'warmupDurationSecs', DURATION, 'warmup', 'duration'),
  {
    field: /\.loadBalancer\.simple$/,
    text: /^("?simple"?\s*:\s*["']?)LEAST_CONN/,
    replacement: '$1LEAST_REQUEST',
  },
];

function wrap(field: RegExp, key: string, value: string, newKey: string, inner: string): Rewrite {
  return {
    field,
    text: new RegExp(`^(["']?)${key}\\1(\\s*):\\s*${value}(?![\\w.])`),
    replacement: `$1${newKey}$1$2: { $1${inner}$1: $3 }`,
  };
}

/** The text with one setting under its new name; undefined where nothing is certain. */
export function rewriteField(text: string, { path, line, column }: FieldPlace): string | undefined {
  const lines = text.split('\n');
  const old = lines[line - 1];
  if (old === undefined) return undefined;
  const start = old.slice(0, column - 1);
  const rest = old.slice(column - 1);
  const rewrite = REWRITES.find(({ field, text: pattern }) => field.test(path) && pattern.test(rest));
  if (rewrite === undefined) return rewriteOrigins(lines, path, line - 1, column - 1);
  lines[line - 1] = start + rest.replace(rewrite.text, rewrite.replacement);
  return lines.join('\n');
}

/** `allowOrigin: [a]` is `allowOrigins: [{ exact: a }]`, whichever way the list is written. */
function rewriteOrigins(lines: string[], path: string, index: number, column: number): string | undefined {
  const line = lines[index] ?? '';
  const rest = line.slice(column);
  if (!path.endsWith('.corsPolicy.allowOrigin')) return undefined;
  const flow = /^allowOrigin\s*:\s*\[([^\]{}]*)\](.*)$/.exec(rest);
  if (flow !== null) {
    const items = (flow[1] ?? '').split(',').map((item) => `{ exact: ${item.trim()} }`);
    lines[index] = `${line.slice(0, column)}allowOrigins: [${items.join(', ')}]${flow[2]}`;
    return lines.join('\n');
  }
  if (!/^allowOrigin\s*:\s*(?:#.*)?$/.test(rest)) return undefined;
  lines[index] = line.slice(0, column) + rest.replace('allowOrigin', 'allowOrigins');
  for (let at = index + 1; at < lines.length; at++) {
    const item = /^(\s*)-(\s+)(\S.*)$/.exec(lines[at] ?? '');
    const isComment = /^\s*(?:#.*)?$/.test(lines[at] ?? '');
    if (item === null || (item[1] ?? '').length < column) {
      if (isComment) continue;
      break;
    }
    lines[at] = `${item[1]}-${item[2]}exact: ${item[3]}`;
  }
  return lines.join('\n');
}
