import type { Command } from 'commander';
import { manifestYaml, render } from '../../control/install/render.ts';
import { addInstallationOptions, type InstallationOptions, readInstallation } from '../install-options.ts';
import { printLine, stdout } from '../output.ts';

export function configure(command: Command): void {
  addInstallationOptions(command.command('generate').description('print everything that `install` would apply'))
    .addHelpText(
      'after',
      '\nExample:\n  foresail manifest generate -f IstioOperator.yaml | kubectl apply --server-side -f -',
    )
    .action(generate);
}

async function generate(options: InstallationOptions): Promise<void> {
  const components = render(await readInstallation(options));
  printLine(stdout, manifestYaml(components.flatMap(({ objects }) => objects)).trimEnd());
}
