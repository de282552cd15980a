import { randomUUID } from 'node:crypto';
import { type AdmissionWorld, type Admitted, callWebhooks } from './admission.ts';
import { errors } from './api-error.ts';
import { stableUid, type UserInfo } from './authentication.ts';
import { customType, establishedStatus, pruneObject } from './custom-resources.ts';
import { type Fields, isEqual, isFields, type KubeObject } from './kube-object.ts';
import { type ListTypes, listTypesOf } from './list-types.ts';
import type { ObjectStore } from './object-store.ts';
import { jsonPatch, mergePatch, strategicMergePatch } from './patch.ts';
import { type ResourceType, typeKey } from './resource-types.ts';
import { applyObject, trackUpdate } from './server-side-apply.ts';

/** Which object, and how it is to be written. */
export interface WriteTarget {
  readonly type: ResourceType;
  readonly version: string;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly subresource: string | undefined;
  readonly user: UserInfo;
  readonly manager: string;
  readonly isDryRun: boolean;
}

export interface Written {
  readonly object: KubeObject;
  readonly isNew: boolean;
  readonly warnings: readonly string[];
}

export interface WriterOptions {
  readonly store: ObjectStore;
  readonly nowMs: () => number;
  readonly serviceAddress: AdmissionWorld['serviceAddress'];
}

const NAMESPACES = '/namespaces';
const CRDS = 'apiextensions.k8s.io/customresourcedefinitions';

/** Creates, updates, patches, applies and deletes, with all that the API server does on the way. */
export class ObjectWriter {
  readonly #store: ObjectStore;
  readonly #nowMs: () => number;
  readonly #serviceAddress: AdmissionWorld['serviceAddress'];
  #serviceAddresses = 0;

  constructor({ store, nowMs, serviceAddress }: WriterOptions) {
    this.#store = store;
    this.#nowMs = nowMs;
    this.#serviceAddress = serviceAddress;
  }

  async create(target: WriteTarget, given: Fields): Promise<Written> {
    const { type } = target;
    const metadata = isFields(given.metadata) ? { ...given.metadata } : {};
    if (metadata.name === undefined && typeof metadata.generateName === 'string') {
      metadata.name = `${metadata.generateName}${randomUUID().slice(0, 5)}`;
    }
    if (typeof metadata.name !== 'string' || metadata.name === '') {
      throw errors.invalid(type.kind, 'metadata.name: Required value: name or generateName is required');
    }
    const named = { ...target, name: metadata.name };
    this.#requireNamespace(named);
    if (this.#live(named) !== undefined) throw errors.alreadyExists(type.plural, type.group, metadata.name);
    const draft = this.#normalise(named, { ...given, metadata }, undefined);
    const { object, warnings } = await this.#admit(named, 'CREATE', draft, undefined);
    if (this.#live(named) !== undefined) throw errors.alreadyExists(type.plural, type.group, metadata.name);
    const tracked = trackUpdate(undefined, object, this.#writer(target), this.#lists(target));
    return { object: this.#save(named, tracked), isNew: true, warnings };
  }

  async update(target: WriteTarget, given: Fields): Promise<Written> {
    const live = this.#mustLive(target);
    const metadata = isFields(given.metadata) ? given.metadata : {};
    return this.#replace(target, live, given, metadata.resourceVersion, metadata.uid);
  }

  async patch(target: WriteTarget, contentType: string, patch: unknown): Promise<Written> {
    // A patch without a version is tried again on what is there then, as the server does it.
    for (let attempt = 1; ; attempt++) {
      const live = this.#mustLive(target);
      const patched = this.#patched(contentType, live, patch, target);
      const wanted = isFields(patch) && isFields(patch.metadata) ? patch.metadata.resourceVersion : undefined;
      try {
        return await this.#replace(target, live, patched, wanted, undefined);
      } catch (error) {
        const isRace = this.#live(target) !== live && wanted === undefined && attempt < 5;
        if (!isRace) throw error;
      }
    }
  }

  async apply(target: WriteTarget, given: Fields, isForced: boolean): Promise<Written> {
    const live = this.#live(target);
    const { type, name, subresource } = target;
    if (live === undefined && subresource !== undefined) throw errors.notFound(type.plural, type.group, name ?? '');
    if (live === undefined) this.#requireNamespace(target);
    const { metadata } = given;
    const version = isFields(metadata) ? metadata.resourceVersion : undefined;
    if (live !== undefined) this.#checkVersion(target, live, version);
    const applied = { ...this.#identified(target, given), status: subresource === 'status' ? given.status : undefined };
    const merged = applyObject(live, applied as KubeObject, this.#writer(target), isForced, this.#lists(target));
    if (live === undefined) {
      const draft = this.#normalise(target, merged, undefined);
      const { object, warnings } = await this.#admit(target, 'CREATE', draft, undefined);
      return { object: this.#save(target, object), isNew: true, warnings };
    }
    const draft = this.#normalise(target, merged, live);
    const { object, warnings } = await this.#admit(target, 'UPDATE', draft, live);
    return { object: this.#isSame(object, live) ? live : this.#save(target, object), isNew: false, warnings };
  }

  async delete(target: WriteTarget, options: Fields): Promise<{ object: KubeObject; isGone: boolean }> {
    const live = this.#mustLive(target);
    const { type, name } = target;
    const wanted = isFields(options.preconditions) ? options.preconditions : {};
    const { metadata } = live;
    if (wanted.uid !== undefined && wanted.uid !== metadata.uid) {
      throw errors.conflict(type.plural, type.group, name ?? '', 'the UID in the precondition is another one');
    }
    if (wanted.resourceVersion !== undefined && wanted.resourceVersion !== metadata.resourceVersion) {
      throw errors.conflict(
        type.plural,
        type.group,
        name ?? '',
        'the ResourceVersion in the precondition is another one',
      );
    }
    await this.#admit(target, 'DELETE', undefined, live);
    if (target.isDryRun) return { object: live, isGone: true };
    if (typeKey(type) === NAMESPACES) this.#empty(metadata.name);
    if (typeKey(type) === CRDS) this.#removeAll(customType(live));
    if ((metadata.finalizers ?? []).length === 0) {
      this.#remove(type, live);
      return { object: live, isGone: true };
    }
    if (metadata.deletionTimestamp !== undefined) return { object: live, isGone: false };
    const marked = {
      ...live,
      metadata: { ...metadata, deletionTimestamp: this.#time(), deletionGracePeriodSeconds: 0 },
    };
    return { object: this.#save(target, marked), isGone: false };
  }

  async #replace(
    target: WriteTarget,
    live: KubeObject,
    given: Fields,
    resourceVersion: unknown,
    uid: unknown,
  ): Promise<Written> {
    const { type, name } = target;
    this.#checkVersion(target, live, resourceVersion);
    if (typeof uid === 'string' && uid !== '' && uid !== live.metadata.uid) {
      throw errors.conflict(type.plural, type.group, name ?? '', 'the object has been deleted and recreated');
    }
    const draft = this.#normalise(target, given, live);
    const { object, warnings } = await this.#admit(target, 'UPDATE', draft, live);
    if (this.#live(target) !== live) {
      throw errors.conflict(
        type.plural,
        type.group,
        name ?? '',
        'the object has been modified; please apply your changes to the latest version and try again',
      );
    }
    const tracked = trackUpdate(live, object, this.#writer(target), this.#lists(target));
    return { object: this.#isSame(tracked, live) ? live : this.#save(target, tracked), isNew: false, warnings };
  }

  #patched(contentType: string, live: KubeObject, patch: unknown, target: WriteTarget): Fields {
    switch (contentType) {
      case 'application/json-patch+json':
        return jsonPatch(live, patch) as Fields;
      case 'application/merge-patch+json':
        return mergePatch(live, patch) as Fields;
      case 'application/strategic-merge-patch+json':
        if (target.type.schemas !== undefined) throw errors.unsupportedMediaType(contentType);
        return strategicMergePatch(live, patch, this.#lists(target)) as Fields;
      default:
        throw errors.unsupportedMediaType(contentType);
    }
  }

  /** What the server keeps of what was sent: identity and times are its own, status has its own door. */
  #normalise(target: WriteTarget, given: Fields, live: KubeObject | undefined): KubeObject {
    const { type, version, subresource } = target;
    const identified = pruneObject(this.#identified(target, given), type.schemas?.[version]);
    const { metadata } = identified;
    let object: KubeObject = identified;
    if (live === undefined) {
      const { status, ...rest } = object;
      object = { ...rest, ...(type.hasStatus || status === undefined ? {} : { status }) } as KubeObject;
      const fresh = { ...metadata, uid: this.#uid(target), generation: 1, creationTimestamp: this.#time() };
      delete fresh.deletionTimestamp;
      object.metadata = fresh;
    } else if (subresource === 'status') {
      object = {
        ...live,
        status: object.status,
        metadata: { ...live.metadata, managedFields: metadata.managedFields ?? [] },
      };
      if (object.status === undefined) delete object.status;
    } else {
      if (type.hasStatus) object = withField(object, 'status', live.status);
      const { uid, creationTimestamp, deletionTimestamp, generation = 1, resourceVersion } = live.metadata;
      const isSpecSame = isEqual(bodyOf(object), bodyOf(live));
      object.metadata = {
        ...metadata,
        uid: uid ?? '',
        creationTimestamp: creationTimestamp ?? '',
        generation: isSpecSame ? generation : generation + 1,
        resourceVersion: resourceVersion ?? '',
        ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
      };
    }
    return this.#defaulted(target, object, live);
  }

  #identified({ type, version, namespace, name }: WriteTarget, given: Fields): KubeObject {
    const metadata = isFields(given.metadata) ? given.metadata : {};
    if (given.kind !== undefined && given.kind !== type.kind) {
      throw errors.badRequest(`the object provided is a ${String(given.kind)}, not a ${type.kind}`);
    }
    if (metadata.name !== undefined && name !== undefined && metadata.name !== name) {
      throw errors.badRequest(
        `the name of the object (${String(metadata.name)}) does not match the name on the URL (${name})`,
      );
    }
    if (type.namespaced && metadata.namespace !== undefined && metadata.namespace !== namespace) {
      throw errors.badRequest(`the namespace of the provided object does not match the namespace sent on the request`);
    }
    return {
      ...given,
      apiVersion: type.group === '' ? version : `${type.group}/${version}`,
      kind: type.kind,
      metadata: {
        ...metadata,
        name: name ?? String(metadata.name),
        ...(namespace === undefined || !type.namespaced ? {} : { namespace }),
      },
    };
  }

  #defaulted({ type }: WriteTarget, object: KubeObject, live: KubeObject | undefined): KubeObject {
    switch (typeKey(type)) {
      case '/secrets': {
        const { stringData, ...secret } = object;
        const data = isFields(secret.data) ? secret.data : {};
        if (isFields(stringData)) {
          for (const [key, value] of Object.entries(stringData))
            data[key] = Buffer.from(String(value)).toString('base64');
        }
        for (const [key, value] of Object.entries(data)) {
          if (typeof value !== 'string' || !/^[A-Za-z0-9+/]*={0,2}$/.test(value)) {
            throw errors.badRequest(`Secret in version "v1" cannot be handled: data.${key}: illegal base64 data`);
          }
        }
        if (live?.immutable === true && !isEqual(live.data, data)) {
          throw errors.invalid(
            `Secret "${object.metadata.name}"`,
            'data: Forbidden: field is immutable when `immutable` is set',
          );
        }
        return {
          ...secret,
          type: secret.type ?? 'Opaque',
          ...(Object.keys(data).length === 0 ? {} : { data }),
        } as KubeObject;
      }
      case '/services': {
        const spec = isFields(object.spec) ? object.spec : {};
        if (spec.type === 'ExternalName' || spec.clusterIP !== undefined) return object;
        const before = isFields(live?.spec) ? live.spec.clusterIP : undefined;
        const address = before ?? `10.96.${(++this.#serviceAddresses >> 8) & 255}.${this.#serviceAddresses & 255}`;
        return { ...object, spec: { type: 'ClusterIP', ...spec, clusterIP: address } };
      }
      case NAMESPACES: {
        const labels = { ...object.metadata.labels, 'kubernetes.io/metadata.name': object.metadata.name };
        return { ...object, metadata: { ...object.metadata, labels }, status: object.status ?? { phase: 'Active' } };
      }
      case CRDS:
        customType(object);
        return live === undefined ? { ...object, status: establishedStatus(object, this.#time()) } : object;
      default:
        return object;
    }
  }

  async #admit(
    target: WriteTarget,
    operation: 'CREATE' | 'UPDATE' | 'DELETE',
    object: KubeObject | undefined,
    oldObject: KubeObject | undefined,
  ): Promise<Admitted & { object: KubeObject }> {
    const { type, version, namespace, name, subresource, user, isDryRun } = target;
    const draft = (object ?? oldObject) as KubeObject;
    // Webhook configurations are not judged by webhooks.
    if (type.group === 'admissionregistration.k8s.io') return { object: draft, warnings: [] };
    const request = {
      operation,
      type,
      version,
      name: name ?? '',
      namespace,
      subresource,
      object,
      oldObject,
      user,
      isDryRun,
    };
    const world = (kind: string): AdmissionWorld => ({
      configurations: this.#store.list(`admissionregistration.k8s.io/${kind}`),
      namespaceLabels: this.#store.get(NAMESPACES, namespace ?? '')?.metadata.labels ?? {},
      serviceAddress: this.#serviceAddress,
    });
    const mutated = await callWebhooks(request, world('mutatingwebhookconfigurations'));
    const judged = await callWebhooks({ ...request, object: mutated.object }, world('validatingwebhookconfigurations'));
    return { object: judged.object ?? draft, warnings: [...mutated.warnings, ...judged.warnings] };
  }

  #save(target: WriteTarget, object: KubeObject): KubeObject {
    if (target.isDryRun) return object;
    const { metadata } = object;
    // The last finalizer is gone: so is the object.
    if (metadata.deletionTimestamp !== undefined && (metadata.finalizers ?? []).length === 0) {
      this.#remove(target.type, object);
      return object;
    }
    return this.#store.put(typeKey(target.type), keyOf(target.type, metadata.namespace, metadata.name), object);
  }

  #remove(type: ResourceType, { metadata }: KubeObject): void {
    this.#store.remove(typeKey(type), keyOf(type, metadata.namespace, metadata.name));
    this.#collectGarbage(metadata.uid);
  }

  /** Objects whose owner is gone go too. */
  #collectGarbage(uid: string | undefined): void {
    for (const type of this.#store.types()) {
      for (const { metadata } of this.#store.list(type)) {
        const owners = Array.isArray(metadata.ownerReferences) ? metadata.ownerReferences.filter(isFields) : [];
        if (owners.length === 0 || !owners.every((owner) => owner.uid === uid)) continue;
        this.#store.remove(
          type,
          metadata.namespace === undefined ? metadata.name : `${metadata.namespace}/${metadata.name}`,
        );
        this.#collectGarbage(metadata.uid);
      }
    }
  }

  #empty(namespace: string): void {
    for (const type of this.#store.types()) {
      for (const { metadata } of this.#store.list(type)) {
        if (metadata.namespace === namespace) this.#store.remove(type, `${namespace}/${metadata.name}`);
      }
    }
  }

  #removeAll(type: ResourceType): void {
    for (const object of this.#store.list(typeKey(type))) this.#remove(type, object);
  }

  #requireNamespace({ type, namespace }: WriteTarget): void {
    if (!type.namespaced) return;
    const found = this.#store.get(NAMESPACES, namespace ?? '');
    if (found === undefined) throw errors.notFound('namespaces', '', namespace ?? '');
    if (found.metadata.deletionTimestamp !== undefined) {
      throw errors.forbidden(`unable to create new content in namespace ${namespace} because it is being terminated`);
    }
  }

  #checkVersion({ type, name }: WriteTarget, live: KubeObject, wanted: unknown): void {
    if (typeof wanted !== 'string' || wanted === '' || wanted === live.metadata.resourceVersion) return;
    const why = 'the object has been modified; please apply your changes to the latest version and try again';
    throw errors.conflict(type.plural, type.group, name ?? '', why);
  }

  #live({ type, namespace, name }: WriteTarget): KubeObject | undefined {
    return this.#store.get(typeKey(type), keyOf(type, namespace, name ?? ''));
  }

  #mustLive(target: WriteTarget): KubeObject {
    const live = this.#live(target);
    if (live === undefined) throw errors.notFound(target.type.plural, target.type.group, target.name ?? '');
    return live;
  }

  /** A write that changes nothing makes no new version. */
  #isSame(object: KubeObject, live: KubeObject): boolean {
    const comparable = ({ metadata, ...body }: KubeObject): Fields => {
      const { managedFields, resourceVersion: _, ...rest } = metadata;
      return { ...body, metadata: rest, managers: (managedFields ?? []).map(({ time: _time, ...entry }) => entry) };
    };
    return isEqual(comparable(object), comparable(live));
  }

  #writer({ manager, subresource }: WriteTarget): { manager: string; subresource: string | undefined; time: string } {
    return { manager, subresource, time: this.#time() };
  }

  #lists({ type, version }: WriteTarget): ListTypes {
    return listTypesOf(type.schemas?.[version]);
  }

  #uid({ type, namespace, name }: WriteTarget): string {
    return stableUid(`${typeKey(type)}/${namespace}/${name}/${this.#store.resourceVersion}`);
  }

  #time(): string {
    return `${new Date(this.#nowMs()).toISOString().slice(0, 19)}Z`;
  }
}

export function keyOf(type: ResourceType, namespace: string | undefined, name: string): string {
  return type.namespaced ? `${namespace}/${name}` : name;
}

/** All that a change of which makes a new generation. */
function bodyOf({ metadata: _metadata, status: _status, ...body }: KubeObject): Fields {
  return body;
}

function withField(object: KubeObject, field: string, value: unknown): KubeObject {
  const { [field]: _, ...rest } = object;
  return { ...rest, ...(value === undefined ? {} : { [field]: value }) } as KubeObject;
}
