import { asFields } from '../../resources/metadata.ts';
import { InstallError } from './install-error.ts';
import type { KubeObject } from './kube-object.ts';
import type { K8sSettings } from './operator-spec.ts';

/** `k8s.overlays`: the last word over what was rendered. `spec.template.spec.containers.[name:discovery].args.[-1]` */
export function applyOverlays(objects: readonly KubeObject[], { overlays = [] }: K8sSettings): KubeObject[] {
  return objects.map((object) =>
    overlays
      .filter(({ kind, name }) => kind === object.kind && name === object.metadata.name)
      .flatMap(({ patches }) => patches)
      .reduce<KubeObject>((result, { path, value }) => {
        const keys = path.match(/\[[^\]]*\]|(?:\\.|[^.[\]])+/g) ?? [];
        return put(result, keys, value, path) as KubeObject;
      }, object),
  );
}

/** An overlay for nothing is a slip: what it was to change would be installed as if nobody had asked. */
export function refuseStrayOverlays(objects: readonly KubeObject[], { overlays = [] }: K8sSettings): void {
  const stray = overlays.find(
    ({ kind, name }) => !objects.some((object) => object.kind === kind && object.metadata.name === name),
  );
  if (stray === undefined) return;
  const names = objects.filter(({ kind }) => kind === stray.kind).map(({ metadata }) => metadata.name);
  throw new InstallError(`the overlay for ${stray.kind} ${stray.name} fits nothing`, {
    why: names.length === 0 ? `this component has no ${stray.kind}` : `this component has ${names.join(', ')}`,
  });
}

function put(target: unknown, [key, ...rest]: readonly string[], value: unknown, path: string): unknown {
  if (key === undefined) return value;
  if (key.startsWith('[')) return putInList(target, key.slice(1, -1), rest, value, path);
  const name = key.replaceAll('\\.', '.');
  const fields = asFields(target) ?? {};
  const result = { ...fields, [name]: put(fields[name], rest, value, path) };
  if (result[name] === null || result[name] === undefined) Reflect.deleteProperty(result, name);
  return result;
}

/** `name:discovery` chooses by a field, `0` by position, `-1` adds. Without a value the entry goes. */
function putInList(target: unknown, selector: string, rest: readonly string[], value: unknown, path: string): unknown {
  const list: readonly unknown[] = Array.isArray(target) ? target : [];
  const [field = '', wanted] = selector.split(/:(.*)/s);
  const at =
    wanted === undefined
      ? Number(field)
      : list.findIndex((item) => String(asFields(item)?.[field] ?? (field === '' ? item : '')) === wanted);
  if (at === -1 && wanted === undefined) return [...list, put(undefined, rest, value, path)];
  if (!Number.isInteger(at) || at < 0 || at >= list.length) {
    throw new InstallError(`the overlay ${path} fits nothing`, { why: `there is no entry ${selector}` });
  }
  const changed = put(list[at], rest, value, path);
  const isRemoved = rest.length === 0 && (value === undefined || value === null);
  return [...list.slice(0, at), ...(isRemoved ? [] : [changed]), ...list.slice(at + 1)];
}
