import { type Command, Option } from 'commander';
import { type SyncerEvent, startSyncer } from '../../control/syncer.ts';
import type { Finding } from '../../resources/finding.ts';
import { explainError } from '../cli-error.ts';
import { countFindings, formatFinding, paint, printJson, printLine, stderr, stdout } from '../output.ts';
import { addPublishOptions, openPublisher, type PublishOptions } from '../publish-options.ts';
import { printPublished, publishedJson } from '../publish-output.ts';
import { addSourceOptions, compileState, openCompiler, openSource, type SourceOptions } from '../source-options.ts';
import { untilInterrupted } from '../until-interrupted.ts';

interface SyncerCommandOptions extends PublishOptions, SourceOptions {
  readonly output: 'text' | 'json';
}

const KEY_REFRESH_INTERVAL_MS = 30_000;
/** A publish that hangs on its store is left: the root is written last, so nothing is half done. */
const EXIT_AFTER_MS = 2_000;

export function configure(command: Command): void {
  addPublishOptions(addSourceOptions(command))
    .addOption(
      new Option('-o, --output <format>', 'what to print; json: a line for each event')
        .choices(['text', 'json'])
        .default('text'),
    )
    .action(runSyncer);
}

async function runSyncer(paths: readonly string[], options: SyncerCommandOptions): Promise<void> {
  const publisher = await openPublisher(options);
  const source = openSource(paths);
  const compiler = openCompiler(options);
  const report = syncReporter(options.output, publisher.storeName);
  const interrupted = untilInterrupted();
  const syncer = startSyncer({ source, publisher, compile: (state) => compileState(compiler, state), onEvent: report });
  const keyTimer = setInterval(async () => {
    if (await compiler.refreshKeys()) syncer.recompile();
  }, KEY_REFRESH_INTERVAL_MS);
  try {
    if (options.output === 'text') printLine(stderr, `watching ${source.name}; Ctrl-C ends it`);
    await Promise.race([syncer.ready, interrupted]);
    await interrupted;
  } finally {
    clearInterval(keyTimer);
    setTimeout(() => process.exit(), EXIT_AFTER_MS).unref();
    await syncer.stop();
  }
}

export function syncReporter(output: 'text' | 'json', storeName: string): (event: SyncerEvent) => void {
  return output === 'json' ? reportJson : textReporter(storeName);
}

function reportJson(event: SyncerEvent): void {
  if (event.kind === 'failed') {
    const [error, ...why] = explainError(event.error);
    printJson({ kind: 'failed', error, why: why.map((line) => line.trim()), retryInMs: event.retryInMs }, stdout);
  } else {
    printJson({ ...publishedJson(event.result), findings: event.findings, tookMs: Math.round(event.tookMs) }, stdout);
  }
}

/** Says every finding once, and when it is gone. */
export function textReporter(storeName: string): (event: SyncerEvent) => void {
  let shown = new Map<string, Finding>();
  return (event) => {
    if (event.kind === 'failed') {
      for (const line of explainError(event.error)) printLine(stderr, paint(stderr, 'red', line));
      printLine(stderr, `  trying again in ${(event.retryInMs / 1000).toFixed(1)} s`);
      return;
    }
    const now = new Map(event.findings.map((finding) => [formatFinding(finding, PLAIN), finding]));
    for (const [text, finding] of now) if (!shown.has(text)) printLine(stderr, formatFinding(finding, stderr));
    const resolved = [...shown.keys()].filter((text) => !now.has(text)).length;
    if (resolved > 0) printLine(stderr, `${resolved} resolved; ${countFindings(event.findings) || 'no findings'} left`);
    shown = now;
    if (event.result.kind === 'published') printPublished(event.result, storeName, stdout);
  };
}

const PLAIN = { write: () => {}, hasColors: false };
