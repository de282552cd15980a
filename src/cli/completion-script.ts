import { Command, type Option } from 'commander';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

export interface OptionShape {
  /** `-o`, `--output`. */
  readonly flags: readonly string[];
  readonly description: string;
  readonly choices: readonly string[];
  readonly takesValue: boolean;
}

export interface CommandShape {
  readonly name: string;
  readonly description: string;
  readonly options: readonly OptionShape[];
  readonly subcommands: readonly string[];
  /** Fixed first words, where the command's help names them. */
  readonly words: readonly string[];
}

const FIRST_WORDS: Readonly<Record<string, readonly string[]>> = {
  describe: ['service', 'pod', 'deployment', 'workload', 'host', 'route'],
  'proxy-config': ['route', 'cluster', 'listener', 'policy'],
  completion: SHELLS,
  explain: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'],
};

export function isShell(text: string): text is Shell {
  return (SHELLS as readonly string[]).includes(text);
}

/** What a command takes: its file is loaded for that, as it is when the command runs. */
export async function shapeOf(listed: Command): Promise<CommandShape> {
  const name = listed.name();
  const command = await configured(name);
  // `x authz check`: options of the innermost commands are those that are worth completing.
  const all = [command, ...descendants(command)];
  return {
    name,
    description: listed.description(),
    options: unique(all.flatMap(({ options }) => options.map(optionShape))),
    subcommands: descendants(command).map((one) => one.name()),
    words: FIRST_WORDS[name] ?? [],
  };
}

async function configured(name: string): Promise<Command> {
  const command = new Command(name);
  try {
    const module = (await import(`./commands/${name}.ts`)) as { configure(command: Command): void };
    module.configure(command);
  } catch {
    // A command that cannot be loaded here is completed by its name alone.
  }
  return command;
}

function descendants(command: Command): Command[] {
  return command.commands.flatMap((one) => [one, ...descendants(one)]);
}

function optionShape({ short, long, description, argChoices, required, optional }: Option): OptionShape {
  const flags = [short, long].filter((flag) => flag !== undefined && flag !== null);
  return { flags, description, choices: argChoices ?? [], takesValue: required || optional };
}

function unique(options: readonly OptionShape[]): OptionShape[] {
  return [...new Map(options.map((option) => [option.flags.join(), option])).values()];
}

export function completionScript(shell: Shell, commands: readonly CommandShape[]): string {
  switch (shell) {
    case 'bash':
      return bashScript(commands);
    case 'zsh':
      return `#compdef foresail\nautoload -U +X bashcompinit && bashcompinit\n${bashScript(commands)}`;
    case 'fish':
      return fishScript(commands);
  }
}

function bashScript(commands: readonly CommandShape[]): string {
  const cases = commands.map(({ name, options, subcommands, words }) => {
    const flags = [...options.flatMap((option) => option.flags), '--help'].join(' ');
    const values = options
      .filter(({ choices }) => choices.length > 0)
      .map(
        ({ flags: own, choices }) =>
          `        ${own.join('|')}) COMPREPLY=($(compgen -W "${choices.join(' ')}" -- "$cur")); return;;`,
      );
    const first = [...subcommands, ...words].join(' ');
    return [
      `    ${name})`,
      ...(values.length === 0 ? [] : ['      case "$prev" in', ...values, '      esac']),
      `      if [[ "$cur" == -* ]]; then COMPREPLY=($(compgen -W "${flags}" -- "$cur"))`,
      ...(first === ''
        ? []
        : [
            `      elif [[ "$prev" == "${name}"${subcommands.map((one) => ` || "$prev" == "${one}"`).join('')} ]]; then COMPREPLY=($(compgen -W "${first}" -- "$cur") $(compgen -f -- "$cur"))`,
          ]),
      '      else COMPREPLY=($(compgen -f -- "$cur")); fi',
      '      ;;',
    ].join('\n');
  });
  return `_foresail() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}"
  if [[ "$COMP_CWORD" == 1 ]]; then
    COMPREPLY=($(compgen -W "${[...commands.map(({ name }) => name), 'help', '--help', '--version'].join(' ')}" -- "$cur"))
    return
  fi
  case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
  esac
}
complete -o filenames -F _foresail foresail
`;
}

function fishScript(commands: readonly CommandShape[]): string {
  const lines = commands.map(
    ({ name, description }) => `complete -c foresail -n __fish_use_subcommand -f -a ${name} -d ${quoted(description)}`,
  );
  for (const { name, options, subcommands, words } of commands) {
    const when = `-n '__fish_seen_subcommand_from ${name}'`;
    for (const word of [...subcommands, ...words]) lines.push(`complete -c foresail ${when} -a ${word}`);
    for (const { flags, description, choices, takesValue } of options) {
      const names = flags
        .map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`))
        .join(' ');
      const values = choices.length > 0 ? ` -x -a ${quoted(choices.join(' '))}` : takesValue ? ' -r' : '';
      lines.push(`complete -c foresail ${when} ${names}${values} -d ${quoted(description)}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
