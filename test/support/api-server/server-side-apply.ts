import { ApiError } from './api-error.ts';
import {
  type FieldSet,
  fieldsOf,
  fromFieldsV1,
  overlay,
  splitPath,
  toFieldsV1,
  valueAt,
  without,
} from './field-set.ts';
import { isEqual, type KubeObject, type ManagedFieldsEntry } from './kube-object.ts';
import type { ListTypes } from './list-types.ts';

export interface Writer {
  readonly manager: string;
  readonly subresource: string | undefined;
  readonly time: string;
}

type Managed = readonly ManagedFieldsEntry[];

/** Server-side apply: the applied fields are set and owned, those that the manager no longer applies are removed. */
export function applyObject(
  live: KubeObject | undefined,
  applied: KubeObject,
  { manager, subresource, time }: Writer,
  isForced: boolean,
  lists: ListTypes,
): KubeObject {
  const set = fieldsOf(applied, lists);
  const isOwn = (entry: ManagedFieldsEntry): boolean =>
    entry.operation === 'Apply' && entry.manager === manager && entry.subresource === subresource;
  const managed: Managed = live?.metadata.managedFields ?? [];
  const own = managed.find(isOwn);
  const others = managed.filter((entry) => !isOwn(entry));
  if (live !== undefined && !isForced) refuseConflicts(live, applied, set, others);

  const kept = others.map((entry) => giveUp(entry, live, applied, set)).filter(ownsSomething);
  let merged: unknown = live === undefined ? applied : overlay(live, applied, [], lists);
  const stillOwned = kept.map(({ fieldsV1 }) => fromFieldsV1(fieldsV1));
  for (const path of own === undefined ? [] : fromFieldsV1(own.fieldsV1)) {
    const isOwned = isCovered(path, set) || stillOwned.some((owned) => isCovered(path, owned));
    if (!isOwned) merged = without(merged, splitPath(path)) ?? merged;
  }
  const object = merged as KubeObject;
  const fieldsV1 = toFieldsV1(set);
  const isSame = own !== undefined && isEqual(own.fieldsV1, fieldsV1);
  const entry: ManagedFieldsEntry = {
    manager,
    operation: 'Apply',
    apiVersion: applied.apiVersion,
    time: isSame && own.time !== undefined ? own.time : time,
    fieldsType: 'FieldsV1',
    fieldsV1,
    ...(subresource === undefined ? {} : { subresource }),
  };
  return { ...object, metadata: { ...object.metadata, managedFields: [...kept, ...(set.size === 0 ? [] : [entry])] } };
}

/** After a create, update or patch: what it changed belongs to its manager now. */
export function trackUpdate(
  before: KubeObject | undefined,
  after: KubeObject,
  { manager, subresource, time }: Writer,
  lists: ListTypes,
): KubeObject {
  const changed = new Set(
    [...fieldsOf(after, lists)].filter((path) => {
      const elements = splitPath(path);
      return before === undefined || !isEqual(valueAt(before, elements), valueAt(after, elements));
    }),
  );
  const isOwn = (entry: ManagedFieldsEntry): boolean =>
    entry.operation === 'Update' && entry.manager === manager && entry.subresource === subresource;
  const managed: Managed = before?.metadata.managedFields ?? [];
  const own = managed.find(isOwn);
  const isThere = (path: string): boolean => valueAt(after, splitPath(path)) !== undefined;
  const others = managed
    .filter((entry) => !isOwn(entry))
    .map((entry) => {
      const left = [...fromFieldsV1(entry.fieldsV1)].filter((path) => !changed.has(path) && isThere(path));
      return { ...entry, fieldsV1: toFieldsV1(new Set(left)) };
    })
    .filter(ownsSomething);
  const owned = new Set([...(own === undefined ? [] : fromFieldsV1(own.fieldsV1)), ...changed].filter(isThere));
  const entry: ManagedFieldsEntry = {
    manager,
    operation: 'Update',
    apiVersion: after.apiVersion,
    time,
    fieldsType: 'FieldsV1',
    fieldsV1: toFieldsV1(owned),
    ...(subresource === undefined ? {} : { subresource }),
  };
  const managedFields = [...others, ...(owned.size === 0 ? [] : [changed.size === 0 && own ? own : entry])];
  return { ...after, metadata: { ...after.metadata, managedFields } };
}

function refuseConflicts(live: KubeObject, applied: KubeObject, set: FieldSet, others: Managed): void {
  const causes = others.flatMap((entry) =>
    contested(entry, live, applied, set).map((path) => ({
      reason: 'FieldManagerConflict',
      message: `conflict with "${entry.manager}"`,
      field: describe(path),
    })),
  );
  if (causes.length === 0) return;
  const fields = causes.map(({ message, field }) => `${message}: ${field}`).join('; ');
  const plural = causes.length === 1 ? 'conflict' : 'conflicts';
  throw new ApiError(409, 'Conflict', `Apply failed with ${causes.length} ${plural}: ${fields}`, { causes });
}

/** Fields of another manager for which this one wants another value. */
function contested(
  entry: ManagedFieldsEntry,
  live: KubeObject | undefined,
  applied: KubeObject,
  set: FieldSet,
): string[] {
  return [...fromFieldsV1(entry.fieldsV1)].filter((path) => {
    if (!set.has(path) || live === undefined) return false;
    const elements = splitPath(path);
    return elements.at(-1)?.startsWith('f:') === true && !isEqual(valueAt(live, elements), valueAt(applied, elements));
  });
}

function giveUp(
  entry: ManagedFieldsEntry,
  live: KubeObject | undefined,
  applied: KubeObject,
  set: FieldSet,
): ManagedFieldsEntry {
  const lost = new Set(contested(entry, live, applied, set));
  if (lost.size === 0) return entry;
  const left = [...fromFieldsV1(entry.fieldsV1)].filter((path) => !lost.has(path));
  return { ...entry, fieldsV1: toFieldsV1(new Set(left)) };
}

/** Whether the field itself, something in it, or what it is in is owned. */
function isCovered(path: string, owned: FieldSet): boolean {
  if (owned.has(path)) return true;
  for (const other of owned) if (other.startsWith(`${path}\u0000`)) return true;
  return false;
}

function ownsSomething({ fieldsV1 }: ManagedFieldsEntry): boolean {
  return Object.keys(fieldsV1).length > 0;
}

function describe(path: string): string {
  return splitPath(path)
    .map((element) => (element.startsWith('f:') ? `.${element.slice(2)}` : `[${element.slice(2)}]`))
    .join('');
}
