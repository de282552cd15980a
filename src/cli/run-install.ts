import { DEFAULT_REVISION } from '../control/injection/names.ts';
import { applyObject, carryOut } from '../control/install/cluster/carry-out.ts';
import { checkEdge } from '../control/install/cluster/check-edge.ts';
import { type Owns, planInstall } from '../control/install/cluster/plan.ts';
import { listTags, tagObjects } from '../control/install/cluster/tags.ts';
import type { Installation } from '../control/install/installation.ts';
import { COMPONENT, REVISION_LABEL } from '../control/install/manifests/labels.ts';
import { webhookTarget } from '../control/install/manifests/webhook-configurations.ts';
import { render } from '../control/install/render.ts';
import type { KubeClient } from '../control/kubernetes/kube-client.ts';
import { confirm } from './install-options.ts';
import { changesOf, printPlan, progressPrinter } from './install-output.ts';
import { printLine, stderr, stdout } from './output.ts';

export interface RunInstallOptions {
  readonly dryRun?: true;
  readonly skipConfirmation?: true;
  readonly readinessTimeout: number;
}

/** Plans, shows, asks, does: for `install` and `upgrade`. */
export async function runInstall(
  client: KubeClient,
  installation: Installation,
  options: RunInstallOptions,
): Promise<void> {
  const { revision, profile, namespace } = installation;
  const note = await checkEdge(client, installation);
  const plan = await planInstall(client, render(installation), belongsTo(revision));
  printPlan(plan, stdout);
  if (note !== undefined) printLine(stderr, `Note: ${note}.`);
  if (options.dryRun === true) return;
  if (changesOf(plan).length === 0) {
    printLine(stdout, `revision ${revision} is installed as it should be`);
    return;
  }
  const question = `This installs profile ${profile}, revision ${revision}, into ${namespace}. Proceed?`;
  if (!(await confirm(question, options.skipConfirmation === true))) return;
  const onProgress = progressPrinter(stdout);
  await carryOut(client, plan, { readinessTimeoutMs: options.readinessTimeout * 1000, onProgress });
  await tagFirstRevision(client, installation);
  printLine(stdout, 'Installation complete');
}

/** What goes when it is no longer asked for: of this revision, and no tag, which has a command of its own. */
export function belongsTo(revision: string): Owns {
  return (labels) => labels[REVISION_LABEL] === revision && labels[COMPONENT] !== 'Tag';
}

/** Istio's rule: where nobody is the default, the first revision is, so that `istio-injection=enabled` has an effect. */
async function tagFirstRevision(client: KubeClient, installation: Installation): Promise<void> {
  const { revision, spec } = installation;
  if (revision === DEFAULT_REVISION || !spec.components.pilot.enabled) return;
  const { items } = await client.get<{ items: readonly unknown[] }>(
    '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations',
    { query: { labelSelector: `${REVISION_LABEL}=${DEFAULT_REVISION},app=sidecar-injector` } },
  );
  if (items.length > 0 || (await listTags(client)).some(({ tag }) => tag === DEFAULT_REVISION)) return;
  for (const object of tagObjects(DEFAULT_REVISION, webhookTarget(installation))) await applyObject(client, object);
  printLine(stderr, `Made revision ${revision} the default: nobody was. \`foresail tag set default\` moves it.`);
}
