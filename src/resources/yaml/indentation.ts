const BLOCK_SCALAR = /(?:^|[\s:-])[|>][-+\d]*\s*(?:#.*)?$/;

/**
 * What is wrong at `offset` where its line begins at a column at which nothing above it begins: the likeliest mistake in
 * YAML that was written by hand, for which a parser has many names. Undefined: it is another mistake.
 */
export function indentationProblem(source: string, offset: number): string | undefined {
  const lines = source.slice(0, offset).split('\n');
  const rest = source.slice(offset).split('\n', 1)[0] ?? '';
  const own = indentOf((lines.pop() ?? '') + rest);
  const levels = openLevels(lines);
  if (levels.length === 0 || levels.includes(own)) return undefined;
  const below = levels.findLast((level) => level < own);
  const above = levels.find((level) => level > own);
  // Deeper than everything: a value may go on there, so that something else is wrong.
  if (above === undefined) return undefined;
  const columns = [below, above].flatMap((level) => (level === undefined ? [] : [level + 1]));
  return `this line begins at column ${own + 1}, but what it could belong to at column ${columns.join(' or ')}`;
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}

/** Columns, from 0, at which a line may go on with what is above it. */
function openLevels(lines: readonly string[]): number[] {
  const levels: number[] = [];
  let scalarIndent = Number.POSITIVE_INFINITY;
  for (const line of lines) {
    const indent = indentOf(line);
    if (/^\s*(?:#|$)/.test(line) || indent > scalarIndent) continue;
    scalarIndent = BLOCK_SCALAR.test(line) ? indent : Number.POSITIVE_INFINITY;
    while ((levels.at(-1) ?? -1) >= indent) levels.pop();
    levels.push(indent);
    const dashes = /^\s*((?:- +)*)/.exec(line)?.[1] ?? '';
    for (const dash of dashes.match(/- +/g) ?? []) levels.push((levels.at(-1) ?? 0) + dash.length);
  }
  return levels;
}
