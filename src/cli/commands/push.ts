import { type Command, Option } from 'commander';
import type { Finding, FindingLevel } from '../../resources/finding.ts';
import { CliError, EXIT_FINDINGS } from '../cli-error.ts';
import { countFindings, printFindings, printJson, printLine, stderr, stdout } from '../output.ts';
import { addPublishOptions, openPublisher, type PublishOptions } from '../publish-options.ts';
import { printPublished, publishedJson } from '../publish-output.ts';
import { addSourceOptions, compileState, openCompiler, openSource, type SourceOptions } from '../source-options.ts';

interface PushOptions extends PublishOptions, SourceOptions {
  readonly failureThreshold: FindingLevel;
  readonly strict?: boolean;
  readonly output: 'text' | 'json';
}

const SEVERITY: Readonly<Record<FindingLevel, number>> = { Info: 0, Warning: 1, Error: 2 };

export function configure(command: Command): void {
  addPublishOptions(addSourceOptions(command))
    .addOption(
      new Option('--failure-threshold <level>', 'findings of this level and above make the exit code 1')
        .choices(['Info', 'Warning', 'Error'])
        .default('Error'),
    )
    .option('--strict', 'publish nothing when there are such findings')
    .addOption(new Option('-o, --output <format>', 'what to print').choices(['text', 'json']).default('text'))
    .action(push);
}

async function push(paths: readonly string[], options: PushOptions): Promise<void> {
  const publisher = await openPublisher(options);
  const state = await openSource(paths).read();
  const { gateway, findings: meshFindings } = await compileState(openCompiler(options), state);
  const findings = [...state.findings, ...meshFindings];
  const isJson = options.output === 'json';
  if (!isJson) printFindings(findings, stderr);
  const isFailed = exceeds(findings, options.failureThreshold);
  if (isFailed) process.exitCode = EXIT_FINDINGS;
  if (isFailed && options.strict) {
    if (isJson) printJson({ kind: 'refused', findings }, stdout);
    else printLine(stderr, `nothing was published: ${countFindings(findings)} and --strict is set`);
    return;
  }
  if (state.resources.length === 0) {
    const why =
      findings.length > 0 ? 'no object could be read' : `${paths.join(', ')} holds no object that Foresail reads`;
    const fix = findings.length > 0 ? 'Correct the errors above.' : 'Name the folder that your YAML is in.';
    throw new CliError('nothing was published', { why, fix });
  }
  const result = await publisher.publish(gateway);
  if (isJson) printJson({ ...publishedJson(result), findings }, stdout);
  else {
    if (findings.length > 0) printLine(stderr, countFindings(findings));
    printPublished(result, publisher.storeName, stdout);
  }
}

function exceeds(findings: readonly Finding[], threshold: FindingLevel): boolean {
  return findings.some((finding) => SEVERITY[finding.level] >= SEVERITY[threshold]);
}
