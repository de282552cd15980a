import { setTimeout as sleep } from 'node:timers/promises';
import { type Command, InvalidArgumentError } from 'commander';
import { DEFAULT_CONSOLE_PORT } from '../console-options.ts';
import { formatRecord, isWanted, type LogFilter, type LogRecord } from '../log-line.ts';
import { FileSource, type LogSource, RunningSource } from '../log-sources.ts';
import { printJson, printLine, stdout } from '../output.ts';
import { untilInterrupted } from '../until-interrupted.ts';

interface LogsOptions extends LogFilter {
  readonly url: string;
  readonly follow?: boolean;
  readonly edge: boolean;
  readonly output?: 'json';
}

const POLL_MS = 500;

const HELP = `
Examples:
  # What the edge of the running \`foresail up\` has answered of late, and what it answers from now on
  foresail logs -f

  # Everything that is known of one request: at the edge, in the gateway, in the sidecar
  foresail logs --id 1ba8d8e7 gateway.log sidecar.log

  # What a policy refuses
  foresail logs -f --origin AuthorizationPolicy/default/deny-admin`;

export function configure(command: Command): void {
  command
    .argument('[file...]', "access logs of Envoys, in one of Istio's formats, beside what the edge has told")
    .option(
      '--url <url>',
      'console of the running `foresail up` or control plane',
      `http://localhost:${DEFAULT_CONSOLE_PORT}`,
    )
    .option('-f, --follow', 'go on with what comes')
    .option('--id <id>', 'only this x-request-id; its beginning is enough')
    .option('--service <host>', 'only requests to this service; its name is enough')
    .option('--min-code <code>', 'only answers from this code on, and requests without any', parseCode)
    .option('--origin <kind/namespace/name>', 'only what this object has decided')
    .option('--no-edge', 'only the files')
    .option('-o, --output <format>', 'json: one object a line')
    .addHelpText('after', HELP)
    .action(runLogs);
}

async function runLogs(files: readonly string[], options: LogsOptions): Promise<void> {
  const sources: LogSource[] = [
    ...(options.edge ? [new RunningSource(options.url)] : []),
    ...files.map((file) => new FileSource(file)),
  ];
  print(await collect(sources), options);
  if (options.follow !== true) return;
  // Whatever is being asked of a slow edge then: nobody waits for it.
  void untilInterrupted().then(() => process.exit());
  for (;;) {
    await sleep(POLL_MS);
    print(await collect(sources), options);
  }
}

/** Of all sides together, in the order in which it happened: lines of one request stand beneath each other. */
async function collect(sources: readonly LogSource[]): Promise<LogRecord[]> {
  const records = (await Promise.all(sources.map((source) => source.next()))).flat();
  const firstOf = new Map<string, number>();
  for (const { id, timeMs } of records) firstOf.set(id, Math.min(firstOf.get(id) ?? timeMs, timeMs));
  const started = ({ id, timeMs }: LogRecord): number => (id === '' ? timeMs : (firstOf.get(id) ?? timeMs));
  return records.sort((a, b) => started(a) - started(b) || (a.id < b.id ? -1 : a.id > b.id ? 1 : a.timeMs - b.timeMs));
}

function print(records: readonly LogRecord[], options: LogsOptions): void {
  for (const record of records) {
    if (!isWanted(record, options)) continue;
    if (options.output === 'json') printJson(record, stdout);
    else printLine(stdout, formatRecord(record, stdout));
  }
}

function parseCode(text: string): number {
  const code = Number(text);
  if (!Number.isInteger(code) || code < 0 || code > 999) throw new InvalidArgumentError('It is a status code.');
  return code;
}
