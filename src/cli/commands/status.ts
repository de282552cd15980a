import type { Command } from 'commander';
import type { Condition } from '../../mesh/gateway-api/status.ts';
import type { Origin } from '../../resources/origin.ts';
import { addMeshOptions, loadMesh, type MeshSourceOptions } from '../load-mesh.ts';
import { printLine, printTable, stdout } from '../output.ts';
import { type OutputFormat, outputOption, printStructured } from '../structured-output.ts';

interface StatusOptions extends MeshSourceOptions {
  readonly output: OutputFormat;
}

const HELP = `
The conditions that Foresail writes into the status of Gateways and routes of the Gateway API, computed from files:
what would be accepted, which references resolve, how many routes attach to each listener.

Examples:
  foresail status -f mesh/
  foresail status -f mesh/ -o json`;

export function configure(command: Command): void {
  addMeshOptions(command).addOption(outputOption()).addHelpText('after', HELP).action(runStatus);
}

async function runStatus(options: StatusOptions): Promise<void> {
  const { mesh } = await loadMesh(options);
  const { gateways, routes } = mesh.apiStatus;
  if (options.output !== 'text') return printStructured(mesh.apiStatus, options.output, stdout);
  if (gateways.length + routes.length === 0) {
    printLine(stdout, 'There is no Gateway or route of the Gateway API that the edge serves.');
    return;
  }
  const rows: string[][] = [];
  const reasons: string[] = [];
  const add = (origin: Origin, part: string, conditions: readonly Condition[], attached: string): void => {
    const name = `${origin.kind} ${origin.namespace}/${origin.name}`;
    rows.push([name, part, ...COLUMNS.map((type) => cellOf(conditions, type)), attached, fileOf(origin)]);
    for (const { type, status, reason, message } of conditions) {
      if (isBad(type, status)) reasons.push(`  ${name} ${part}: ${type}=${status} ${reason}: ${message}`);
    }
  };
  for (const { origin, conditions, listeners } of gateways) {
    add(origin, '', conditions, '');
    for (const listener of listeners) {
      add(origin, `listener ${listener.name}`, listener.conditions, String(listener.attachedRoutes));
    }
  }
  for (const { origin, parent, conditions } of routes) add(origin, `in ${parent}`, conditions, '');
  const head = ['OBJECT', 'PART', ...COLUMNS.map((type) => type.toUpperCase()), 'ATTACHED ROUTES', 'FILE'];
  printTable([head, ...rows], stdout);
  if (reasons.length > 0) printLine(stdout, `\n${reasons.join('\n')}`);
}

const COLUMNS = ['Accepted', 'ResolvedRefs', 'Programmed'] as const;

function cellOf(conditions: readonly Condition[], type: Condition['type']): string {
  return conditions.find((condition) => condition.type === type)?.status ?? '-';
}

/** A conflict is bad when there is one, everything else when it is missing. */
function isBad(type: Condition['type'], status: Condition['status']): boolean {
  return (type === 'Conflicted') === (status === 'True');
}

function fileOf({ file, line }: Origin): string {
  return file === undefined ? '' : `${file}:${line ?? 1}`;
}
