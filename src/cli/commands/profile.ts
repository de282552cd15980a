import type { Command } from 'commander';
import { profileNames, readProfile } from '../../control/install/profiles.ts';
import { printLine, stdout } from '../output.ts';
import { printStructured } from '../structured-output.ts';

export function configure(command: Command): void {
  command.command('list').description('the names').action(list);
  command.command('dump').description('what a profile says').argument('[name]', '', 'default').action(dump);
  command
    .command('diff')
    .description('what two profiles differ in; exit code 1 when they do')
    .argument('<first>')
    .argument('<second>')
    .action(diff);
}

function list(): void {
  for (const name of profileNames()) printLine(stdout, name);
}

async function dump(name: string): Promise<void> {
  const operator = { apiVersion: 'install.istio.io/v1alpha1', kind: 'IstioOperator', spec: readProfile(name) };
  await printStructured(operator, 'yaml', stdout);
}

function diff(first: string, second: string): void {
  const [a, b] = [flat(readProfile(first), 'spec'), flat(readProfile(second), 'spec')];
  const paths = [...new Set([...a.keys(), ...b.keys()])].sort().filter((path) => a.get(path) !== b.get(path));
  for (const path of paths) {
    if (a.has(path)) printLine(stdout, `- ${path}: ${a.get(path)}`);
    if (b.has(path)) printLine(stdout, `+ ${path}: ${b.get(path)}`);
  }
  if (paths.length > 0) process.exitCode = 1;
}

function flat(value: unknown, path: string): Map<string, string> {
  if (typeof value !== 'object' || value === null) return new Map([[path, JSON.stringify(value)]]);
  const isList = Array.isArray(value);
  return new Map(
    Object.entries(value).flatMap(([key, item]) => [...flat(item, isList ? `${path}[${key}]` : `${path}.${key}`)]),
  );
}
