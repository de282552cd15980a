import type { BehaviourDiff } from '../control/simulate/diff/compare.ts';
import type { ChangeGroup } from '../control/simulate/diff/group-changes.ts';
import type { ReplayResult } from '../control/simulate/diff/replay.ts';
import type { ConfigOrigin } from '../engine/values.ts';
import { formatPlace } from './explain-output.ts';
import { paint, plural, printLine, type Terminal } from './output.ts';

export interface DiffReport {
  readonly before: string;
  readonly after: string;
  readonly diff: BehaviourDiff;
  readonly replay?: ReplayResult | undefined;
  readonly unreadableLines: number;
}

const MAX_VALUE = 160;

export function printDiff({ before, after, diff, replay, unreadableLines }: DiffReport, terminal: Terminal): void {
  const { groups, tried, unshown, isTruncated } = diff;
  const verdict = groups.length === 0 ? 'no request is answered differently' : plural(groups.length, 'change');
  const count = `${plural(tried, 'request')} made up and decided by both${isTruncated ? ', then stopped' : ''}`;
  printLine(terminal, `${paint(terminal, 'bold', `${before} → ${after}`)}: ${verdict} (${count})`);
  for (const group of groups) printGroup(group, terminal);
  if (unshown.length > 0) {
    printLine(terminal, '\nChanged as well, with no request that shows it:');
    for (const { what, change, name, origin } of unshown) {
      const where = origin === undefined ? '' : paint(terminal, 'dim', ` — ${formatPlace(origin)}`);
      printLine(terminal, `  ${what} ${name} ${change}${where}`);
    }
  }
  if (replay !== undefined) printReplay(replay, unreadableLines, terminal);
}

function printReplay({ total, changed, groups }: ReplayResult, unreadableLines: number, terminal: Terminal): void {
  const share = total === 0 ? '' : ` (${((100 * changed) / total).toFixed(1)} %)`;
  printLine(
    terminal,
    `\n${paint(terminal, 'bold', 'replay')}: ${changed} of ${total} recorded requests would change${share}`,
  );
  if (unreadableLines > 0) printLine(terminal, `  ${plural(unreadableLines, 'line')} could not be read as a request`);
  for (const group of groups) printGroup(group, terminal);
}

function printGroup(group: ChangeGroup, terminal: Terminal): void {
  const { cause, hosts, count, before, after, differences } = group;
  // A policy is for every host of its gateway; it is tried on a few.
  const on = cause.endsWith('policy') || cause.endsWith('policy now') ? 'tried on' : 'on';
  const where =
    hosts.length === 0
      ? ''
      : ` ${on} ${hosts.slice(0, 4).join(', ')}${hosts.length > 4 ? ` and ${hosts.length - 4} more` : ''}`;
  printLine(
    terminal,
    `\n${paint(terminal, 'yellow', '~')} ${paint(terminal, 'bold', cause)}${where} (${plural(count, 'request')})`,
  );
  printLine(terminal, `  ${requestLine(group.example)}`);
  printLine(terminal, `  ${paint(terminal, 'red', `- ${before.summary}`)}${placeOf(before.origin, terminal)}`);
  printLine(terminal, `  ${paint(terminal, 'green', `+ ${after.summary}`)}${placeOf(after.origin, terminal)}`);
  for (const line of detailLines(differences, before.summary === after.summary)) {
    printLine(terminal, paint(terminal, 'dim', `    ${line}`));
  }
}

/** Where the outcome itself is another, only what does not follow from that. */
function detailLines(differences: ChangeGroup['differences'], isSameOutcome: boolean): string[] {
  return differences
    .filter(({ aspect, before, after }) => {
      if (isSameOutcome) return aspect !== 'route name' || differences.length === 1;
      return (
        aspect === 'path' && before.startsWith('/') && after.startsWith('/') && !`${before}${after}`.includes(' | ')
      );
    })
    .map(({ aspect, before, after }) =>
      aspect.endsWith('headers')
        ? `${aspect}: ${headerChanges(before, after)}`
        : `${aspect}: ${shortened(before)} → ${shortened(after)}`,
    );
}

/** Only the headers that differ. */
function headerChanges(before: string, after: string): string {
  const [was, is] = [before.split('; '), after.split('; ')];
  const gone = was.filter((header) => header !== '' && !is.includes(header)).map((header) => `- ${header}`);
  const come = is.filter((header) => header !== '' && !was.includes(header)).map((header) => `+ ${header}`);
  return shortened([...gone, ...come].join(', '));
}

function placeOf(origin: ConfigOrigin | undefined, terminal: Terminal): string {
  return origin === undefined ? '' : paint(terminal, 'dim', ` — ${formatPlace(origin)}`);
}

/** As it can be given to `foresail explain`, but for tokens, which are told by their claims. */
export function requestLine({ method, url, headers, from, gatewayPort, claims, peer }: ChangeGroup['example']): string {
  const parts = [`${method ?? 'GET'} ${url}`];
  for (const [name, value] of Object.entries(headers ?? {})) parts.push(`-H '${name}: ${[value].flat().join(', ')}'`);
  if (from !== undefined && from !== '198.51.100.1') parts.push(`--from ${from}`);
  if (gatewayPort !== undefined && gatewayPort !== (url.startsWith('https:') ? 443 : 80))
    parts.push(`--gateway-port ${gatewayPort}`);
  if (claims !== undefined) parts.push(`with a token of ${JSON.stringify(claims)}`);
  if (peer !== undefined) parts.push(`with the certificate of ${peer.principal}`);
  return parts.join(' ');
}

/** For a pull request. */
export function diffMarkdown({ before, after, diff, replay, unreadableLines }: DiffReport): string {
  const { groups, tried, unshown } = diff;
  const head =
    groups.length === 0 ? 'No request is answered differently.' : `${plural(groups.length, 'change')} of behaviour.`;
  const lines = [
    '### Mesh behaviour',
    '',
    `\`${before}\` → \`${after}\`: **${head}** ${tried} made-up requests decided by both.`,
    '',
  ];
  if (groups.length > 0) lines.push(...table(groups), '');
  if (unshown.length > 0) {
    lines.push('Changed as well, with no request that shows it:', '');
    for (const { what, change, name } of unshown) lines.push(`- ${what} \`${cell(name)}\` ${change}`);
    lines.push('');
  }
  if (replay !== undefined) {
    const skipped = unreadableLines === 0 ? '' : ` (${plural(unreadableLines, 'line')} unreadable)`;
    lines.push(`**Replay:** ${replay.changed} of ${replay.total} recorded requests would change${skipped}.`, '');
    if (replay.groups.length > 0) lines.push(...table(replay.groups), '');
  }
  return lines.join('\n');
}

function table(groups: readonly ChangeGroup[]): string[] {
  const rows = groups.map(({ cause, hosts, count, example, before, after }) => {
    const place = (origin: ConfigOrigin | undefined): string =>
      origin === undefined ? '' : `<br>${cell(formatPlace(origin))}`;
    const cells = [
      `${cell(cause)}${hosts.length === 0 ? '' : `<br>${cell(hosts.slice(0, 4).join(', '))}`}`,
      `\`${cell(requestLine(example))}\``,
      `${cell(before.summary)}${place(before.origin)}`,
      `${cell(after.summary)}${place(after.origin)}`,
      String(count),
    ];
    return `| ${cells.join(' | ')} |`;
  });
  return ['| What changes | Example | Before | After | Requests |', '| --- | --- | --- | --- | ---: |', ...rows];
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('`', "'").replaceAll('<', '&lt;').replaceAll('\n', ' ');
}

function shortened(text: string): string {
  if (text === '') return 'nothing';
  return text.length > MAX_VALUE ? `${text.slice(0, MAX_VALUE)}…` : text;
}
