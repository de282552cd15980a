import { isMap, isScalar, isSeq, LineCounter, parseDocument, stringify } from 'yaml';
import type { ConfigOrigin } from '../../../engine/values.ts';
import { configOrigin } from '../../../mesh/config-origin.ts';
import type { Mesh } from '../../../mesh/model.ts';
import { type AnyResource, kinds } from '../../../resources/kinds.ts';
import { hideValues } from '../hide-values.ts';
import type { YamlView } from '../wire.ts';

export function findResource(mesh: Mesh, kind: string, namespace: string, name: string): AnyResource | undefined {
  return Object.values(kinds)
    .filter((definition) => definition.kind === kind)
    .flatMap((definition): readonly AnyResource[] => mesh.resources.of(definition))
    .find(({ metadata }) => metadata.name === name && metadata.namespace === namespace);
}

/** The origin with file and line, as far as the object is still there. */
export function locateIn(mesh: Mesh | undefined, origin: ConfigOrigin): ConfigOrigin {
  const resource = mesh && findResource(mesh, origin.kind, origin.namespace, origin.name);
  if (resource === undefined) return origin;
  return configOrigin(resource, origin.path === undefined ? [] : partsOf(origin.path));
}

/** An object as it was understood, credentials taken out; the lines of one field of it, when one is asked for. */
export function resourceYaml(resource: AnyResource, fieldPath: string | undefined): YamlView {
  const { apiVersion, kind, metadata, originOf: _, ...body } = resource;
  const { name, namespace, labels, annotations } = metadata;
  const shown = {
    apiVersion,
    kind,
    metadata: {
      name,
      ...(namespace === '' ? {} : { namespace }),
      ...(Object.keys(labels).length === 0 ? {} : { labels }),
      ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
    },
    ...body,
  };
  const { value, hidden } = hideValues(JSON.parse(JSON.stringify(shown)));
  const text = stringify(value, { aliasDuplicateObjects: false });
  const highlight = fieldPath === undefined ? undefined : linesOf(text, fieldPath);
  const origin = configOrigin(resource, fieldPath === undefined ? [] : partsOf(fieldPath));
  return { text, hidden, origin, ...(highlight === undefined ? {} : { highlight }) };
}

/** Of the deepest field on the path that is there. */
function linesOf(text: string, fieldPath: string): YamlView['highlight'] {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  let found: { from: number; to: number } | undefined;
  let node: unknown = document.contents;
  for (const part of partsOf(fieldPath)) {
    let child: unknown;
    let start: number | undefined;
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && key.value === part);
      child = pair?.value;
      start = isScalar(pair?.key) ? pair.key.range?.[0] : undefined;
    } else if (isSeq(node)) child = node.items[Number(part)];
    const range = isMap(child) || isSeq(child) || isScalar(child) ? child.range : undefined;
    if (range === undefined || range === null) break;
    const end = Math.max(range[0], range[1] - 1);
    found = { from: lines.linePos(start ?? range[0]).line, to: lines.linePos(end).line };
    node = child;
  }
  return found;
}

/** `spec.http[0].route` and `metadata.labels["a.b"]` in their parts. */
function partsOf(fieldPath: string): (string | number)[] {
  return [...fieldPath.matchAll(/\[(\d+)\]|\["([^"]*)"\]|([^.[\]]+)/g)].map(([, index, quoted, name]) =>
    index === undefined ? (quoted ?? name ?? '') : Number(index),
  );
}
