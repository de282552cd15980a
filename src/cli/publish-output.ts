import type { PublishResult } from '../control/publish.ts';
import { formatLocation } from '../resources/origin.ts';
import type { Change } from '../snapshot/diff.ts';
import type { VersionInfo } from '../snapshot/format.ts';
import { paint, plural, printLine, type Terminal } from './output.ts';

const MAX_CHANGES_SHOWN = 20;
const SIGNS = { added: '+', removed: '-', changed: '~' } as const;
const STYLES = { added: 'green', removed: 'red', changed: 'yellow' } as const;

/** What a publish did, for people. */
export function printPublished(result: PublishResult, store: string, terminal: Terminal): void {
  if (result.kind !== 'published') {
    printLine(terminal, `nothing changed: version ${result.version.version} stands in the ${store}`);
    return;
  }
  const { version, changes, writtenKeys, foreign } = result;
  if (changes !== undefined) printChanges(changes, terminal);
  const note = version.note === undefined ? '' : ` (${version.note})`;
  const keys = plural(writtenKeys.length, 'key');
  printLine(
    terminal,
    `published version ${version.version}${note}: ${describe(version)}; wrote ${keys} to the ${store}`,
  );
  if (foreign !== undefined) {
    const who = `version ${foreign.version} of ${foreign.syncer}`;
    printLine(terminal, paint(terminal, 'yellow', `another syncer writes here: ${who} came between`));
  }
}

export function printChanges(changes: readonly Change[], terminal: Terminal): void {
  // Clusters come and go with the hosts that use them.
  const shown = changes.filter(({ what, change }) => what !== 'cluster' || change === 'changed');
  for (const { what, change, name, origin } of shown.slice(0, MAX_CHANGES_SHOWN)) {
    const where = origin?.file === undefined ? '' : paint(terminal, 'dim', ` (${formatLocation(origin)})`);
    printLine(terminal, `  ${paint(terminal, STYLES[change], SIGNS[change])} ${what} ${name}${where}`);
  }
  const more = shown.length - MAX_CHANGES_SHOWN;
  if (more > 0) printLine(terminal, `  … and ${plural(more, 'more change')}`);
}

export function describe({ summary }: VersionInfo): string {
  const { domains, routes, policies } = summary;
  return `${plural(domains, 'host')}, ${plural(routes, 'route')}, ${policies} policies`;
}

/** The same for programs. */
export function publishedJson(result: PublishResult): object {
  const { version, hash, createdAtMs, summary } = result.version;
  const base = { kind: result.kind, version, hash, createdAt: new Date(createdAtMs).toISOString(), summary };
  if (result.kind !== 'published') return base;
  const { changes, writtenKeys, deletedKeys, foreign } = result;
  return { ...base, changes, writtenKeys, deletedKeys, ...(foreign === undefined ? {} : { foreign }) };
}
