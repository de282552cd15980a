import { setTimeout as sleep } from 'node:timers/promises';
import { asFields } from '../../../resources/metadata.ts';
import type { KubeClient } from '../../kubernetes/kube-client.ts';
import { isKubeError } from '../../kubernetes/kube-error.ts';
import { InstallError } from '../install-error.ts';
import { type KubeObject, nameOfObject } from '../kube-object.ts';
import { objectPath } from './object-path.ts';
import { FIELD_MANAGER, getObject, type Plan, type Step } from './plan.ts';

export interface CarryOutOptions {
  readonly readinessTimeoutMs: number;
  readonly lookEveryMs?: number;
  onProgress(progress: Progress): void;
}

export type Progress =
  | { readonly kind: 'applying' | 'done'; readonly title: string }
  | { readonly kind: 'waiting'; readonly title: string; readonly missing: readonly string[] }
  | { readonly kind: 'removed'; readonly object: KubeObject };

const LOOK_EVERY_MS = 1_000;

/** Does what a plan says: one component after the other, each ready before the next; removals last. */
export async function carryOut(client: KubeClient, plan: Plan, options: CarryOutOptions): Promise<void> {
  for (const { title, steps } of plan.components) {
    const changing = steps.filter(({ action }) => action === 'create' || action === 'change');
    options.onProgress({ kind: 'applying', title });
    await ensureNamespaces(client, changing);
    for (const { object } of changing) await applyObject(client, object);
    const deployments = steps.map(({ object }) => object).filter(({ kind }) => kind === 'Deployment');
    await untilReady(client, title, deployments, options);
    options.onProgress({ kind: 'done', title });
  }
  await removeAll(client, plan.removals, options.onProgress);
}

export async function removeAll(
  client: KubeClient,
  removals: readonly Step[],
  onProgress: CarryOutOptions['onProgress'],
): Promise<void> {
  for (const { object } of removals) {
    await client.delete(objectPath(object), { query: { propagationPolicy: 'Background' } }).catch((error: unknown) => {
      // Somebody else was faster.
      if (!isKubeError(error, 404)) throw error;
    });
    onProgress({ kind: 'removed', object });
  }
}

/** The fields that are ours become ours, also where somebody has changed them by hand; others' fields stay. */
export async function applyObject(client: KubeClient, object: KubeObject): Promise<void> {
  try {
    await client.patch(objectPath(object), 'apply', object, { query: { fieldManager: FIELD_MANAGER, force: true } });
  } catch (cause) {
    throw new InstallError(`${nameOfObject(object)} could not be applied`, {
      why: cause instanceof Error ? cause.message : String(cause),
      fix: 'What was applied before it stays; the same command goes on from there.',
      cause,
    });
  }
}

/** Namespaces are made where they are missing, and never removed: others may live in them. */
async function ensureNamespaces(client: KubeClient, steps: readonly Step[]): Promise<void> {
  const names = new Set(steps.flatMap(({ object }) => object.metadata.namespace ?? []));
  for (const name of names) {
    const namespace: KubeObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
    if ((await getObject(client, namespace)) === undefined) await applyObject(client, namespace);
  }
}

async function untilReady(
  client: KubeClient,
  title: string,
  deployments: readonly KubeObject[],
  { readinessTimeoutMs, lookEveryMs = LOOK_EVERY_MS, onProgress }: CarryOutOptions,
): Promise<void> {
  const endMs = Date.now() + readinessTimeoutMs;
  for (;;) {
    const missing: string[] = [];
    for (const deployment of deployments) {
      const problem = notReady(await getObject(client, deployment));
      if (problem !== undefined) missing.push(`${nameOfObject(deployment)}: ${problem}`);
    }
    if (missing.length === 0) return;
    if (Date.now() >= endMs) {
      throw new InstallError(`${title} did not become ready within ${Math.round(readinessTimeoutMs / 1000)} s`, {
        why: missing.join('; '),
        fix: 'Look at the pods (kubectl describe pods -n <namespace>) and run the same command again.',
      });
    }
    onProgress({ kind: 'waiting', title, missing });
    await sleep(lookEveryMs);
  }
}

function notReady(deployment: KubeObject | undefined): string | undefined {
  if (deployment === undefined) return 'it is not there';
  const [metadata, spec, status] = [deployment.metadata, deployment.spec, deployment.status].map(asFields);
  const count = (value: unknown, fallback: number): number => (typeof value === 'number' ? value : fallback);
  const wanted = count(spec?.replicas, 1);
  const [updated, available] = [count(status?.updatedReplicas, 0), count(status?.availableReplicas, 0)];
  if (count(status?.observedGeneration, 0) < count(metadata?.generation, 1)) return 'it has not been looked at yet';
  if (updated < wanted) return `${updated} of ${wanted} replicas are of the new version`;
  return available < wanted ? `${available} of ${wanted} replicas are available` : undefined;
}
