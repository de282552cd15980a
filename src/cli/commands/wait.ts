import { setTimeout as sleep } from 'node:timers/promises';
import { type Command, Option } from 'commander';
import { KubeClient } from '../../control/kubernetes/kube-client.ts';
import { isKubeError } from '../../control/kubernetes/kube-error.ts';
import { resourcePath } from '../../control/kubernetes/resource-path.ts';
import { type AnyKind, kinds } from '../../resources/kinds.ts';
import { asFields } from '../../resources/metadata.ts';
import { CliError } from '../cli-error.ts';
import { addKubeOptions, type KubeOptions, openKubeConfig } from '../kube-options.ts';
import { printLine, stdout } from '../output.ts';

interface WaitOptions extends KubeOptions {
  readonly for: keyof typeof CONDITIONS;
  readonly namespace: string;
  readonly timeout: number;
}

const CONDITIONS = { reconciled: 'Reconciled', programmed: 'Programmed', served: 'Served' } as const;
const SHORT_NAMES: Readonly<Record<string, AnyKind>> = {
  vs: kinds.virtualService,
  dr: kinds.destinationRule,
  gw: kinds.istioGateway,
  se: kinds.serviceEntry,
  we: kinds.workloadEntry,
  ap: kinds.authorizationPolicy,
  ra: kinds.requestAuthentication,
  pa: kinds.peerAuthentication,
};
const POLL_MS = 500;

export function configure(command: Command): void {
  addKubeOptions(command)
    .argument('<kind/name>', 'vs/shop, DestinationRule/shop, httproutes/web …')
    .addOption(new Option('--for <what>', 'what to wait for').choices(Object.keys(CONDITIONS)).default('served'))
    .option('-n, --namespace <name>', 'namespace of the object', 'default')
    .option('--timeout <seconds>', 'how long to wait', Number, 120)
    .addHelpText(
      'after',
      `
Served is known where foresaild is told which edges to ask (--edge).

Example:
  kubectl apply -f shop.yaml && foresail wait --for=served vs/shop`,
    )
    .action(runWait);
}

async function runWait(object: string, options: WaitOptions): Promise<void> {
  const { definition, name } = parseObjectName(object);
  const client = new KubeClient(openKubeConfig(options));
  const { namespace, timeout } = options;
  const wanted = CONDITIONS[options.for];
  const deadlineMs = performance.now() + timeout * 1000;
  for (;;) {
    const state = await readState(client, definition, definition.namespaced ? namespace : '', name, wanted);
    if (state.kind === 'refused') {
      throw new CliError(`${object} is refused`, { why: state.message, fix: 'Correct it and apply it again.' });
    }
    if (state.kind === 'done') {
      printLine(stdout, `${object} ${options.for}: ${state.message}`);
      return;
    }
    if (performance.now() > deadlineMs) {
      throw new CliError(`${object} is not ${options.for} after ${timeout} s`, {
        why: state.message,
        fix: 'Look at the log of foresaild, and at `foresail versions`.',
      });
    }
    await sleep(POLL_MS);
  }
}

type State =
  | { readonly kind: 'done'; readonly message: string }
  | { readonly kind: 'refused'; readonly message: string }
  | { readonly kind: 'waiting'; readonly message: string };

async function readState(
  client: KubeClient,
  { group, versions, plural }: AnyKind,
  namespace: string,
  name: string,
  wanted: string,
): Promise<State> {
  const object = await readObject(
    client,
    versions.map((version) => resourcePath({ group, version, plural }, { namespace, name })),
  );
  if (object === undefined) return { kind: 'waiting', message: 'there is no such object' };
  const generation = asFields(object.metadata)?.generation;
  const conditions = conditionsOf(asFields(object.status), generation);
  const refusal = conditions.find(({ type, status }) => type === 'Reconciled' && status === 'False');
  if (refusal !== undefined) return { kind: 'refused', message: String(refusal.message ?? '') };
  const condition = conditions.find(({ type }) => type === wanted);
  if (condition === undefined) return { kind: 'waiting', message: `its status says nothing of ${wanted} yet` };
  return { kind: condition.status === 'True' ? 'done' : 'waiting', message: String(condition.message ?? '') };
}

/** Those that speak of the object as it is now; of a route those of its parents. */
function conditionsOf(
  status: Readonly<Record<string, unknown>> | undefined,
  generation: unknown,
): Readonly<Record<string, unknown>>[] {
  const parents = Array.isArray(status?.parents) ? status.parents.map(asFields) : [];
  return [status, ...parents]
    .flatMap((part) => (Array.isArray(part?.conditions) ? part.conditions : []))
    .map(asFields)
    .filter((condition) => condition !== undefined)
    .filter(({ observedGeneration }) => observedGeneration === generation || observedGeneration === undefined);
}

async function readObject(
  client: KubeClient,
  paths: readonly string[],
): Promise<Readonly<Record<string, unknown>> | undefined> {
  for (const path of paths) {
    try {
      return await client.get<Readonly<Record<string, unknown>>>(path);
    } catch (error) {
      if (!isKubeError(error, 404)) throw error;
    }
  }
  return undefined;
}

function parseObjectName(text: string): { definition: AnyKind; name: string } {
  const [kind = '', name = ''] = text.split('/');
  const wanted = kind.toLowerCase();
  const definition =
    SHORT_NAMES[wanted] ??
    Object.values(kinds).find((candidate) => candidate.kind.toLowerCase() === wanted || candidate.plural === wanted);
  if (definition === undefined || name === '') {
    throw new CliError(`${text} names no object`, { fix: 'Write kind and name: vs/shop, HTTPRoute/web.' });
  }
  return { definition, name };
}
