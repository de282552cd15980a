import type { Command } from 'commander';
import { describeHost } from '../../control/explain/describe/describe-host.ts';
import { describeRoute, describeRule, routeNames } from '../../control/explain/describe/describe-route.ts';
import { describeService } from '../../control/explain/describe/describe-service.ts';
import { describeWorkload } from '../../control/explain/describe/describe-workload.ts';
import type { Described } from '../../control/explain/describe/described.ts';
import type { Mesh } from '../../mesh/model.ts';
import { BadInput, checkingInput } from '../bad-input.ts';
import { formatPlace } from '../explain-output.ts';
import { findService, findWorkloads, notFound, splitName } from '../find-workload.ts';
import { addMeshOptions, loadMesh, type MeshSourceOptions } from '../load-mesh.ts';
import { paint, printLine, stdout, type Terminal } from '../output.ts';
import { type OutputFormat, outputOption, printStructured } from '../structured-output.ts';

interface DescribeOptions extends MeshSourceOptions {
  readonly output: OutputFormat;
}

const HELP = `
What is said of one thing, gathered from all resources: ports and their protocols, DestinationRules and subsets with
their pods, rules that lead there, policies and where they are enforced, mutual TLS, and the URLs that expose it.

Kinds: service (svc), pod, deployment (deploy), workload, host, route (a VirtualService, HTTPRoute or GRPCRoute).

Examples:
  foresail describe service reviews.shop -f mesh/
  foresail describe deployment reviews-v2 -n shop -f mesh/
  foresail describe host shop.example.com -f mesh/
  foresail describe route shop -f mesh/ -o json                 # or one rule, by its own name`;

export function configure(command: Command): void {
  addMeshOptions(
    command
      .argument('<kind>', 'service, pod, deployment, workload, host or route')
      .argument('<name>', 'NAME[.NAMESPACE], or a host name'),
  )
    .addOption(outputOption())
    .addHelpText('after', HELP)
    .action(checkingInput(runDescribe));
}

async function runDescribe(kind: string, name: string, options: DescribeOptions): Promise<void> {
  const { mesh } = await loadMesh(options);
  const lines = describe(mesh, kind, name, options.namespace);
  if (options.output !== 'text') return printStructured(lines, options.output, stdout);
  printDescribed(lines, '', stdout);
}

function describe(mesh: Mesh, kind: string, name: string, namespace: string | undefined): Described[] {
  switch (kind) {
    case 'service':
    case 'svc':
      return describeService(mesh, findService(mesh, name, namespace));
    case 'pod':
    case 'deployment':
    case 'deploy':
    case 'workload': {
      const workloads = findWorkloads(mesh, `deploy/${name}`, namespace);
      if (workloads === 'edge')
        throw new BadInput(`${name} is the edge itself`, { fix: 'Try `foresail proxy-config`.' });
      return workloads.flatMap((workload) => describeWorkload(mesh, workload));
    }
    case 'host': {
      const lines = describeHost(mesh, name);
      if (lines !== undefined) return lines;
      throw new BadInput(`no host of the edge covers ${name}`, {
        why: `served are ${[...mesh.edge.domains.keys()].slice(0, 8).join(', ') || 'none'}`,
        fix: `\`foresail explain GET http://${name}/\` says more.`,
      });
    }
    case 'route': {
      const { name: bare, namespace: own } = splitName(name, namespace);
      // A name may have dots of its own.
      for (const found of [
        describeRoute(mesh, name, namespace),
        describeRoute(mesh, bare, own),
        describeRule(mesh, name),
      ]) {
        if (found.length > 0) return found;
      }
      throw notFound('VirtualService, HTTPRoute or GRPCRoute', name, routeNames(mesh));
    }
    default:
      throw new BadInput(`there is no kind ${kind} to describe`, {
        fix: 'Choose service, pod, deployment, workload, host or route.',
      });
  }
}

function printDescribed(lines: readonly Described[], indent: string, terminal: Terminal): void {
  for (const { what, text, origin, isWarning, details } of lines) {
    const head =
      isWarning === true ? paint(terminal, 'yellow', `! ${text}`) : `${paint(terminal, 'bold', what)}: ${text}`;
    const where = origin?.file === undefined ? '' : paint(terminal, 'dim', ` — ${formatPlace(origin)}`);
    printLine(terminal, `${indent}${head}${where}`);
    printDescribed(details ?? [], `${indent}  `, terminal);
  }
}
