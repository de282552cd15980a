import type { Command } from 'commander';
import { FolderSource } from '../../control/sources/folder.ts';
import type { Finding } from '../../resources/finding.ts';
import { parseYaml } from '../../resources/parse.ts';
import { BadInput, checkingInput } from '../bad-input.ts';
import { EXIT_FINDINGS } from '../cli-error.ts';
import { collectValues } from '../collect-values.ts';
import { formatFinding, plural, printLine, stderr, stdout } from '../output.ts';
import { type OutputFormat, outputOption, printStructured } from '../structured-output.ts';

interface ValidateOptions {
  readonly filename?: readonly string[];
  readonly namespace?: string;
  readonly output: OutputFormat;
}

const HELP = `
Each object is checked by itself: its schema (unknown fields are errors) and the rules of its kind. What objects say
of each other is the matter of \`foresail analyze\`.

Examples:
  foresail validate -f mesh/
  kubectl get virtualservices -A -o yaml | foresail validate -f -

Exit code: 0 when all are valid, 1 when one is not.`;

export function configure(command: Command): void {
  command
    .option('-f, --filename <path>', 'file or folder; `-` is standard input; may be given several times', collectValues)
    .option('-n, --namespace <name>', 'namespace of objects that name none')
    .addOption(outputOption())
    .addHelpText('after', HELP)
    .action(checkingInput(runValidate));
}

async function runValidate({ filename, namespace, output }: ValidateOptions): Promise<void> {
  if (filename === undefined) {
    throw new BadInput('there is nothing to validate', {
      fix: 'Name a file or folder: -f mesh/, or -f - for standard input.',
    });
  }
  const defaults = namespace === undefined ? {} : { defaultNamespace: namespace };
  const source = new FolderSource({ paths: filename, parse: (text, file) => parseYaml(text, { file, ...defaults }) });
  const { resources, findings, skipped } = await source.read();
  const errors = findings.filter(({ level }) => level === 'Error');
  if (errors.length > 0) process.exitCode = EXIT_FINDINGS;
  if (output !== 'text') {
    await printStructured(
      { valid: errors.length === 0, objects: resources.length, errors, warnings: others(findings) },
      output,
      stdout,
    );
    return;
  }
  for (const one of [...errors, ...others(findings)]) printLine(stderr, formatFinding(one, stderr));
  if (errors.length > 0) {
    printLine(stderr, `\nError: ${plural(errors.length, 'error')} in ${filename.join(', ')}`);
    return;
  }
  const ignored =
    skipped.length === 0 ? '' : `; ${plural(skipped.length, 'object')} of kinds that the mesh does not read`;
  printLine(stdout, `validation succeed (${plural(resources.length, 'object')}${ignored})`);
}

function others(findings: readonly Finding[]): Finding[] {
  return findings.filter(({ level }) => level === 'Warning');
}
