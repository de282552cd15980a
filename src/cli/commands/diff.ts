import { readFile } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import { type BehaviourDiff, compareBehaviour } from '../../control/simulate/diff/compare.ts';
import { readRecorded, replay } from '../../control/simulate/diff/replay.ts';
import type { RequestDescription } from '../../control/simulate/request.ts';
import { BadInput, checkingInput } from '../bad-input.ts';
import { EXIT_FINDINGS } from '../cli-error.ts';
import { type DiffReport, diffMarkdown, printDiff } from '../diff-output.ts';
import { openSide } from '../open-side.ts';
import { paint, plural, printLine, stderr, stdout } from '../output.ts';
import { printStructured } from '../structured-output.ts';
import { withProgress } from '../with-progress.ts';

interface DiffOptions {
  readonly replay?: string;
  readonly meshConfigFile?: string;
  readonly namespace?: string;
  readonly exitCode?: boolean;
  readonly output: 'text' | 'json' | 'yaml' | 'markdown';
}

const HELP = `
Not the text is compared but the behaviour: requests are made up from the rules and policies of both sides, both
decide them, and whatever differs is reported by cause, with one request that shows it. Token rules are taken to
verify; which keys they have is compared as such. External authorizers are taken to allow.

A side is
  PATH                      a folder or file of YAML
  git:REVISION[:PATH]       a commit, branch or tag; the path counts from the root of the repository
  store:PATH[@VERSION]      a published version in a folder; store:kv@VERSION in Workers KV (see \`foresail push\`)

Recorded requests (--replay) are lines of JSON: {"method": "GET", "url": "http://…", "headers": {…}, "from": "IP"},
or access log lines in JSON (method, authority, path, downstream_remote_address), or just \`GET http://…\`.

Examples:
  foresail diff git:main:mesh mesh/                         # what my edits change
  foresail diff git:origin/main:mesh git:HEAD:mesh -o markdown > comment.md
  foresail diff store:published@41 mesh/ --replay requests.jsonl

Exit code: 0; with --exit-code 1 when behaviour differs; 1 when a side makes no sense; 2 when one cannot be read.`;

export function configure(command: Command): void {
  command
    .argument('<old>', 'the side before')
    .argument('<new>', 'the side after')
    .option('--replay <file>', 'recorded requests, one a line')
    .option('--exit-code', 'exit with 1 when behaviour differs')
    .option('--meshConfigFile <file>', 'mesh configuration of both sides')
    .option('-n, --namespace <name>', 'namespace of objects that name none')
    .addOption(
      new Option('-o, --output <format>', 'what to print')
        .choices(['text', 'markdown', 'json', 'yaml'])
        .default('text'),
    )
    .addHelpText('after', HELP)
    .action(checkingInput(runDiff));
}

async function runDiff(old: string, now: string, options: DiffOptions): Promise<void> {
  const recorded = options.replay === undefined ? undefined : await readRequests(options.replay);
  const before = await withProgress(`reading ${old}`, openSide(old, options));
  const after = await withProgress(`reading ${now}`, openSide(now, options));
  const nowMs = Date.now();
  const diff: BehaviourDiff = await withProgress('comparing', compareBehaviour(before, after, nowMs));
  const replayed =
    recorded === undefined
      ? undefined
      : await withProgress('replaying', replay(before, after, recorded.requests, nowMs));
  const report: DiffReport = {
    before: old,
    after: now,
    diff,
    replay: replayed,
    unreadableLines: recorded?.unreadable ?? 0,
  };
  if (options.exitCode && diff.groups.length + diff.unshown.length > 0) process.exitCode = EXIT_FINDINGS;
  if (options.output === 'markdown') printLine(stdout, diffMarkdown(report));
  else if (options.output !== 'text') await printStructured(report, options.output, stdout);
  else {
    printDiff(report, stdout);
    for (const { name, findings } of [before, after]) {
      const errors = findings.filter(({ level }) => level === 'Error').length;
      if (errors > 0)
        printLine(
          stderr,
          paint(stderr, 'yellow', `${name} has ${plural(errors, 'error')}: what they concern takes no part`),
        );
    }
  }
}

async function readRequests(file: string): Promise<{ requests: RequestDescription[]; unreadable: number }> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new BadInput(`the requests ${file} cannot be read`, {
      why: cause instanceof Error ? cause.message : String(cause),
      fix: 'Name a file with a request on each line; `foresail diff --help` shows the forms.',
      cause,
    });
  });
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const read = lines.map(readRecorded);
  const requests = read.filter((request) => request !== undefined);
  return { requests, unreadable: read.length - requests.length };
}
