import type { Command } from 'commander';
import { BadInput, checkingInput } from '../bad-input.ts';
import { type CommandShape, completionScript, isShell, SHELLS, shapeOf } from '../completion-script.ts';
import { stdout } from '../output.ts';

const HELP = `
Examples:
  # bash, for this session and for all
  source <(foresail completion bash)
  foresail completion bash > ~/.local/share/bash-completion/completions/foresail

  # zsh: a folder of $fpath
  foresail completion zsh > "\${fpath[1]}/_foresail"

  # fish
  foresail completion fish > ~/.config/fish/completions/foresail.fish`;

export function configure(command: Command): void {
  command
    .argument('<shell>', SHELLS.join(', '))
    .addHelpText('after', HELP)
    .action(checkingInput((shell: string) => printCompletion(shell, command)));
}

async function printCompletion(shell: string, command: Command): Promise<void> {
  if (!isShell(shell))
    throw new BadInput(`there is no completion for ${shell}`, { fix: `Choose ${SHELLS.join(', ')}.` });
  const root = command.parent;
  if (root === null) return;
  const shapes: CommandShape[] = [];
  for (const one of root.commands) shapes.push(await shapeOf(one));
  stdout.write(completionScript(shell, shapes));
}
