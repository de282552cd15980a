import type { Command } from 'commander';
import { checkWebhooks } from '../../control/injection/check-webhooks.ts';
import { decideInjection } from '../../control/injection/decide.ts';
import { DEFAULT_INJECTION } from '../../control/injection/settings.ts';
import { resourcePath } from '../../control/kubernetes/resource-path.ts';
import { kinds, resourcesOf } from '../../resources/kinds.ts';
import { asFields } from '../../resources/metadata.ts';
import { parseObject } from '../../resources/parse-object.ts';
import { CliError } from '../cli-error.ts';
import { openCluster } from '../install-options.ts';
import { addKubeOptions, type KubeOptions } from '../kube-options.ts';
import { printLine, printTable, stdout } from '../output.ts';

interface Options extends KubeOptions {
  readonly namespace: string;
  readonly labels?: string;
}

const PODS = { group: '', version: 'v1', plural: 'pods' };
const DEPLOYMENTS = { group: 'apps', version: 'v1', plural: 'deployments' };
const NAMESPACES = { group: '', version: 'v1', plural: 'namespaces' };
const HOOKS = { group: 'admissionregistration.k8s.io', version: 'v1', plural: 'mutatingwebhookconfigurations' };

export function configure(command: Command): void {
  addKubeOptions(command)
    .argument('[workload]', 'a pod, or deployment/<name>')
    .option('-n, --namespace <name>', 'where it is', 'default')
    .option('-l, --labels <list>', 'instead of a workload: labels of a pod that is not there yet, `app=web,version=v1`')
    .action(checkInject);
}

async function checkInject(workload: string | undefined, { namespace, labels, ...cluster }: Options): Promise<void> {
  const client = openCluster(cluster);
  const path = workload === undefined ? undefined : pathOf(workload, namespace);
  if (path === undefined && labels === undefined) {
    throw new CliError('it is not said which pod is meant', { fix: 'Name a pod, deployment/<name>, or --labels.' });
  }
  const object = path === undefined ? undefined : await client.get<Record<string, unknown>>(path);
  const template = workload?.startsWith('deployment') ? asFields(asFields(object?.spec)?.template) : object;
  const metadata = asFields(template?.metadata) ?? {};
  const podLabels = labels === undefined ? strings(metadata.labels) : parseLabels(labels);
  const own = await client.get<Record<string, unknown>>(resourcePath(NAMESPACES, { name: namespace }));
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
  const decision = decideInjection(
    {
      namespace,
      labels: podLabels,
      annotations: strings(metadata.annotations),
      isOnHostNetwork: asFields(template?.spec)?.hostNetwork === true,
    },
    DEFAULT_INJECTION.policy,
  );
  if (verdicts.some(({ injects }) => injects)) {
    printLine(stdout, `the injector then ${decision.inject ? 'injects' : 'does not inject'}: ${decision.because}`);
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
