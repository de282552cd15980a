import type { Command } from 'commander';
import { checkWebhooks } from '../../control/injection/check-webhooks.ts';
import { decideInjection } from '../../control/injection/decide.ts';
import { DEFAULT_INJECTION } from '../../control/injection/settings.ts';
import { installedPolicy } from '../../control/install/cluster/installed-policy.ts';
import { DEFAULT_NAMESPACE } from '../../control/install/installation.ts';
import type { KubeClient } from '../../control/kubernetes/kube-client.ts';
import { isKubeError } from '../../control/kubernetes/kube-error.ts';
import { resourcePath } from '../../control/kubernetes/resource-path.ts';
import { kinds, resourcesOf } from '../../resources/kinds.ts';
import { asFields } from '../../resources/metadata.ts';
import { parseObject } from '../../resources/parse-object.ts';
import { CliError } from '../cli-error.ts';
import { openCluster } from '../install-options.ts';
import { addKubeOptions, type KubeOptions } from '../kube-options.ts';
import { printLine, printTable, stderr, stdout } from '../output.ts';

interface Options extends KubeOptions {
  readonly namespace: string;
  readonly labels?: string;
  readonly istioNamespace: string;
}

const PODS = { group: '', version: 'v1', plural: 'pods' };
const DEPLOYMENTS = { group: 'apps', version: 'v1', plural: 'deployments' };
const NAMESPACES = { group: '', version: 'v1', plural: 'namespaces' };
const HOOKS = { group: 'admissionregistration.k8s.io', version: 'v1', plural: 'mutatingwebhookconfigurations' };

export function configure(command: Command): void {
  addKubeOptions(command)
    .argument('[workload]', 'a pod, or deployment/<name>; without one a pod of the namespace that has no labels')
    .option('-n, --namespace <name>', 'where it is', 'default')
    .option('-l, --labels <list>', 'instead of a workload: labels of a pod that is not there yet, `app=web,version=v1`')
    .option('-i, --istioNamespace <name>', 'where the control plane is', DEFAULT_NAMESPACE)
    .action(checkInject);
}

async function checkInject(workload: string | undefined, options: Options): Promise<void> {
  const { namespace, labels, istioNamespace, ...cluster } = options;
  const client = openCluster(cluster);
  const object = workload === undefined ? undefined : await read(client, pathOf(workload, namespace), workload);
  const template = workload?.startsWith('deploy') ? asFields(asFields(object?.spec)?.template) : object;
  const metadata = asFields(template?.metadata) ?? {};
  const podLabels = labels === undefined ? strings(metadata.labels) : parseLabels(labels);
  const own = await read(client, resourcePath(NAMESPACES, { name: namespace }), `namespace ${namespace}`);
  const { resources } = parseObject(await client.get(resourcePath(HOOKS)));
  const configurations = resourcesOf(resources, kinds.mutatingWebhookConfiguration);
  const verdicts = checkWebhooks(configurations, strings(asFields(own.metadata)?.labels), podLabels);
  printTable(
    [
      ['WEBHOOK', 'REVISION', 'INJECTED', 'REASON'],
      ...verdicts.map(({ webhook, revision, injects, because }) => [webhook, revision, injects ? '✔' : '✘', because]),
    ],
    stdout,
  );
  const calling = verdicts.find(({ injects }) => injects);
  if (calling === undefined) return printLine(stdout, 'no injector is called for it');
  const policy = await installedPolicy(client, istioNamespace, calling.revision);
  const { inject, because } = decideInjection(
    {
      namespace,
      labels: podLabels,
      annotations: strings(metadata.annotations),
      isOnHostNetwork: asFields(template?.spec)?.hostNetwork === true,
    },
    policy ?? DEFAULT_INJECTION.policy,
  );
  printLine(stdout, `the injector then ${inject ? 'injects' : 'does not inject'}: ${because}`);
  if (policy === undefined) {
    printLine(
      stderr,
      `Warning: revision ${calling.revision} has no ConfigMap in ${istioNamespace}: judged by the defaults`,
    );
  }
}

async function read(client: KubeClient, path: string, what: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return await client.get<Record<string, unknown>>(path);
  } catch (error) {
    if (!isKubeError(error, 404)) throw error;
    throw new CliError(`${what} is not there`, { fix: 'Name its namespace with -n.', cause: error });
  }
}

function pathOf(workload: string, namespace: string): string {
  const [first = '', second] = workload.split('/');
  if (second === undefined) return resourcePath(PODS, { namespace, name: first });
  if (/^deploy(ment)?s?$/.test(first)) return resourcePath(DEPLOYMENTS, { namespace, name: second });
  if (/^pods?$/.test(first)) return resourcePath(PODS, { namespace, name: second });
  throw new CliError(`${workload} cannot be checked`, { fix: 'Name a pod or deployment/<name>.' });
}

function parseLabels(text: string): Record<string, string> {
  return Object.fromEntries(
    text.split(',').map((pair) => {
      const [key = '', value = ''] = pair.split('=');
      return [key.trim(), value.trim()];
    }),
  );
}

function strings(value: unknown): Record<string, string> {
  return Object.fromEntries(Object.entries(asFields(value) ?? {}).map(([key, text]) => [key, String(text)]));
}
