import type { TableRules } from './rules.ts';

/**
 * Input for `iptables-restore --noflush`, which takes a table's part as one transaction: there is no moment without rules
 * or with half of them. `present` is what `iptables-save` shows: jumps that are there are taken out first, so that applying
 * twice leaves the same as once.
 */
export function applyScript(tables: readonly TableRules[], present: string): string {
  return script(tables, (table) => [
    // With --noflush this line makes the chain, or empties the one that is there.
    ...table.chains.map((chain) => `:${chain} - [0:0]`),
    ...jumpsPresent(table.table, present).map((jump) => `-D ${jump}`),
    ...table.rules.map((rule) => `-A ${rule}`),
    ...table.jumps.map((jump) => `-A ${jump}`),
  ]);
}

/** Takes out all that any earlier settings have put in; empty: there is nothing. */
export function cleanScript(present: string): string {
  const tables = (['nat', 'raw'] as const)
    .map((table) => ({ table, chains: chainsPresent(table, present), jumps: [], rules: [] }))
    .filter(({ chains }) => chains.length > 0);
  return script(tables, ({ table, chains }) => [
    ...jumpsPresent(table, present).map((jump) => `-D ${jump}`),
    ...chains.map((chain) => `-F ${chain}`),
    ...chains.map((chain) => `-X ${chain}`),
  ]);
}

function script(tables: readonly TableRules[], lines: (table: TableRules) => readonly string[]): string {
  return tables.map((table) => `*${table.table}\n${lines(table).join('\n')}\nCOMMIT\n`).join('');
}

/** Rules of chains that are not ours which jump into one that is: as iptables-save writes them, so they can be deleted. */
function jumpsPresent(table: string, present: string): string[] {
  return linesOf(table, present)
    .filter((line) => /^-A (?!ISTIO_).* -j ISTIO_\w+$/.test(line))
    .map((line) => line.slice('-A '.length));
}

function chainsPresent(table: string, present: string): string[] {
  return linesOf(table, present).flatMap((line) => /^:(ISTIO_\w+) /.exec(line)?.[1] ?? []);
}

function linesOf(table: string, present: string): string[] {
  const lines = present.split('\n');
  const start = lines.indexOf(`*${table}`);
  return start === -1 ? [] : lines.slice(start + 1, lines.indexOf('COMMIT', start));
}
