import { isSameResource, type XdsResource } from '../resource.ts';

/** Resources of one type. Never changed, so that what is equal can be one object. */
export interface ResourcesByName {
  readonly size: number;
  get(name: string): XdsResource | undefined;
  has(name: string): boolean;
  keys(): Iterable<string>;
  values(): Iterable<XdsResource>;
}

/** What many clients share, and what one of them has besides, which counts where both have a name. */
export class LayeredResources implements ResourcesByName {
  readonly shared: ResourcesByName;
  readonly own: ReadonlyMap<string, XdsResource>;
  readonly size: number;

  constructor(shared: ResourcesByName, own: ReadonlyMap<string, XdsResource>) {
    this.shared = shared;
    this.own = own;
    this.size = shared.size + [...own.keys()].filter((name) => !shared.has(name)).length;
  }

  get(name: string): XdsResource | undefined {
    return this.own.get(name) ?? this.shared.get(name);
  }

  has(name: string): boolean {
    return this.own.has(name) || this.shared.has(name);
  }

  *keys(): Iterable<string> {
    for (const { name } of this.values()) yield name;
  }

  *values(): Iterable<XdsResource> {
    for (const resource of this.shared.values()) if (!this.own.has(resource.name)) yield resource;
    yield* this.own.values();
  }
}

export function isSameResources(before: ResourcesByName, now: ResourcesByName): boolean {
  if (before === now) return true;
  if (before.size !== now.size) return false;
  if (before instanceof LayeredResources && now instanceof LayeredResources && before.shared === now.shared) {
    return isSameResources(before.own, now.own);
  }
  for (const resource of now.values()) if (!isSameResource(before.get(resource.name), resource)) return false;
  return true;
}
