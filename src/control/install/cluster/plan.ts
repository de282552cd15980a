import { isDeepStrictEqual } from 'node:util';
import { asFields } from '../../../resources/metadata.ts';
import { type FieldPath, formatPath } from '../../../resources/resource.ts';
import type { KubeClient } from '../../kubernetes/kube-client.ts';
import { isKubeError } from '../../kubernetes/kube-error.ts';
import { InstallError } from '../install-error.ts';
import { type KubeObject, nameOfObject } from '../kube-object.ts';
import { MANAGED_BY, MANAGER } from '../manifests/labels.ts';
import { plain, type RenderedComponent } from '../render.ts';
import { objectPath, REMOVABLE } from './object-path.ts';

export const FIELD_MANAGER = 'foresail-install';

/** What is going to happen to one object. */
export interface Step {
  readonly action: 'create' | 'change' | 'keep' | 'leave' | 'remove';
  readonly object: KubeObject;
  /** Of a change: where it differs. Of what is left: why. */
  readonly details: readonly string[];
}

export interface Plan {
  readonly components: readonly { readonly title: string; readonly steps: readonly Step[] }[];
  readonly removals: readonly Step[];
}

/** Which of the objects present are this installation's to remove when it no longer has them. */
export type Owns = (labels: Readonly<Record<string, string>>) => boolean;

/** Compares what is wanted with what is there; changes nothing. The API server itself says what an apply would make. */
export async function planInstall(
  client: KubeClient,
  components: readonly RenderedComponent[],
  owns: Owns,
): Promise<Plan> {
  const planned: { title: string; steps: Step[] }[] = [];
  for (const { title, objects } of components) {
    const steps: Step[] = [];
    for (const object of objects) steps.push(await stepFor(client, plain(object)));
    planned.push({ title, steps });
  }
  const wanted = new Set(components.flatMap(({ objects }) => objects.map(nameOfObject)));
  const present = await ownedObjects(client, owns);
  const removals = present.filter((object) => !wanted.has(nameOfObject(object)));
  return { components: planned, removals: removals.map((object) => ({ action: 'remove', object, details: [] })) };
}

/** Everything of the kinds that installations consist of with Foresail's own mark. */
export async function ownedObjects(client: KubeClient, owns: Owns): Promise<KubeObject[]> {
  const found: KubeObject[] = [];
  for (const { kind, apiVersion, id } of REMOVABLE) {
    const root = id.group === '' ? `/api/${id.version}` : `/apis/${id.group}/${id.version}`;
    const query = { labelSelector: `${MANAGED_BY}=${MANAGER}` };
    const { items } = await client.get<{ items: KubeObject[] }>(`${root}/${id.plural}`, { query });
    found.push(
      ...items.map((item) => ({ ...item, apiVersion, kind })).filter(({ metadata }) => owns(metadata.labels ?? {})),
    );
  }
  return found;
}

async function stepFor(client: KubeClient, object: KubeObject): Promise<Step> {
  const present = await getObject(client, object);
  if (present === undefined) return { action: 'create', object, details: [] };
  const manager = present.metadata.labels?.[MANAGED_BY];
  if (manager !== MANAGER) {
    if (object.kind === 'CustomResourceDefinition') {
      return {
        action: 'leave',
        object,
        details: ['another installation has brought this definition; it stays as it is'],
      };
    }
    throw new InstallError(`${nameOfObject(object)} is there and not Foresail's`, {
      why: `its label ${MANAGED_BY} is ${manager ?? 'not set'}`,
      fix: 'Install into another namespace or with another --revision, or remove what is there first.',
    });
  }
  const path = objectPath(object);
  const query = { fieldManager: FIELD_MANAGER, force: true, dryRun: 'All' };
  const result = await client.patch<KubeObject>(path, 'apply', object, { query });
  const details = differences(withoutServerFields(present), withoutServerFields(result), []);
  return { action: details.length === 0 ? 'keep' : 'change', object, details };
}

export async function getObject(client: KubeClient, object: KubeObject): Promise<KubeObject | undefined> {
  try {
    return await client.get<KubeObject>(objectPath(object));
  } catch (error) {
    if (isKubeError(error, 404)) return undefined;
    throw error;
  }
}

/** What the API server keeps for itself. */
function withoutServerFields({ metadata, status: _status, ...rest }: KubeObject): Readonly<Record<string, unknown>> {
  const { labels = {}, annotations = {} } = metadata;
  return { ...rest, metadata: { labels, annotations } };
}

const MAX_VALUE_LENGTH = 60;

function differences(before: unknown, after: unknown, path: FieldPath): string[] {
  if (isDeepStrictEqual(before, after)) return [];
  const [old, now] = [asFields(before), asFields(after)];
  if (old !== undefined && now !== undefined) {
    const keys = [...new Set([...Object.keys(old), ...Object.keys(now)])];
    return keys.flatMap((key) => differences(old[key], now[key], [...path, key]));
  }
  if (Array.isArray(before) && Array.isArray(after) && before.length === after.length) {
    return before.flatMap((item, index) => differences(item, after[index], [...path, index]));
  }
  const [from, to] = typeof before === 'string' && typeof after === 'string' ? apart(before, after) : [before, after];
  return [`${formatPath(path)}: ${shown(from)} → ${shown(to)}`];
}

/** Of texts with many lines the lines in which they differ: a file in a ConfigMap has hundreds. */
function apart(before: string, after: string): readonly [string, string] {
  const [old, now] = [before.split('\n'), after.split('\n')];
  if (old.length < 2 && now.length < 2) return [before, after];
  const without = (lines: readonly string[], others: readonly string[]): string =>
    lines
      .filter((line) => !others.includes(line))
      .map((line) => line.trim())
      .join(' ');
  return [without(old, now), without(now, old)];
}

function shown(value: unknown): string {
  const text = value === undefined ? '(none)' : JSON.stringify(value);
  return text.length > MAX_VALUE_LENGTH ? `${text.slice(0, MAX_VALUE_LENGTH)}…` : text;
}
