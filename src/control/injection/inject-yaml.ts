import { type Document, isMap, isSeq, parseDocument, type YAMLMap, type YAMLSeq } from 'yaml';
import { MAX_DOCUMENTS_PER_FILE } from '../../resources/limits.ts';
import { asFields } from '../../resources/metadata.ts';
import { type FieldPath, formatPath } from '../../resources/resource.ts';
import { splitDocuments } from '../../resources/yaml/split-documents.ts';
import { injectPod } from './inject-pod.ts';
import { isPod } from './is-pod.ts';
import { jsonPatch, type PatchOperation } from './json-patch.ts';
import type { InjectionSettings } from './settings.ts';

export interface InjectedYaml {
  readonly text: string;
  /** One for each pod or template that was found. */
  readonly objects: readonly InjectedObject[];
}

export interface InjectedObject {
  /** `Deployment shop/web` */
  readonly name: string;
  readonly outcome: 'injected' | 'skipped' | 'refused';
  readonly because: string;
  readonly warnings: readonly string[];
}

/** Where pods are in what users write; a Pod is one itself. */
const TEMPLATES: Readonly<Record<string, FieldPath>> = {
  Pod: [],
  Deployment: ['spec', 'template'],
  StatefulSet: ['spec', 'template'],
  DaemonSet: ['spec', 'template'],
  ReplicaSet: ['spec', 'template'],
  ReplicationController: ['spec', 'template'],
  Job: ['spec', 'template'],
  CronJob: ['spec', 'jobTemplate', 'spec', 'template'],
};
/** Kinds whose pods have owners in between: a proxy names the workload as it would in the cluster. */
const API_VERSIONS: Readonly<Record<string, string>> = { Deployment: 'apps/v1', CronJob: 'batch/v1' };

/** Puts proxies into every workload of a file. Only what injection changes is written anew: comments and order stay. */
export function injectYaml(text: string, defaultNamespace: string, settings: InjectionSettings): InjectedYaml {
  const objects: InjectedObject[] = [];
  const { slices } = splitDocuments(text, MAX_DOCUMENTS_PER_FILE);
  let written = '';
  let end = 0;
  for (const slice of slices) {
    const source = text.slice(slice.start, slice.end);
    // The rest of the line that `---` stands on.
    const [lead] = /^[ \t]*\n?/.exec(source) ?? [''];
    const document = parseDocument(source, { version: '1.1', merge: true });
    const [error] = document.errors;
    if (error !== undefined) throw error;
    const found = [...objectsOf(document.toJS(), [])].flatMap(
      ({ object, path }) => injectObject(document, object, path, defaultNamespace, settings) ?? [],
    );
    objects.push(...found);
    const isChanged = found.some(({ outcome }) => outcome === 'injected');
    const own = isChanged ? lead + document.toString({ lineWidth: 0 }) : source;
    written += text.slice(end, slice.start) + own;
    end = slice.end;
  }
  return { text: written + text.slice(end), objects };
}

function* objectsOf(
  value: unknown,
  path: FieldPath,
): Generator<{ object: Readonly<Record<string, unknown>>; path: FieldPath }> {
  const object = asFields(value);
  if (object === undefined) return;
  if (String(object.kind).endsWith('List') && Array.isArray(object.items)) {
    for (const [index, item] of object.items.entries()) yield* objectsOf(item, [...path, 'items', index]);
  } else yield { object, path };
}

function injectObject(
  document: Document,
  object: Readonly<Record<string, unknown>>,
  path: FieldPath,
  defaultNamespace: string,
  settings: InjectionSettings,
): InjectedObject | undefined {
  const kind = String(object.kind);
  const below = TEMPLATES[kind];
  if (below === undefined) return undefined;
  const metadata = asFields(object.metadata) ?? {};
  const namespace = typeof metadata.namespace === 'string' ? metadata.namespace : defaultNamespace;
  const name = `${kind} ${namespace}/${String(metadata.name ?? '')}`;
  const template = below.reduce<unknown>((value, part) => asFields(value)?.[part], object);
  if (!isPod(template)) {
    const where = below.length === 0 ? 'it' : formatPath(below);
    return { name, outcome: 'refused', because: `${where} is no pod that could be read`, warnings: [] };
  }
  const owner = {
    apiVersion: API_VERSIONS[kind] ?? String(object.apiVersion),
    kind,
    name: String(metadata.name),
    uid: '',
    controller: true,
  };
  // For the names alone: a template has no owner of its own.
  const owned =
    kind === 'Pod' ? template : { ...template, metadata: { ...template.metadata, ownerReferences: [owner] } };
  const outcome = injectPod(owned, namespace, settings);
  if (outcome.kind === 'refused') return { name, outcome: 'refused', because: outcome.why, warnings: [] };
  if (outcome.kind === 'skipped') return { name, outcome: 'skipped', because: outcome.because, warnings: [] };
  for (const operation of jsonPatch(owned, outcome.pod)) applyTo(document, [...path, ...below], operation);
  return { name, outcome: 'injected', because: outcome.because, warnings: outcome.warnings };
}

/** One operation of a JSON patch on the nodes of a document, which know their comments. */
function applyTo(document: Document, base: FieldPath, operation: PatchOperation): void {
  const pointer = operation.path
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  const last = pointer.pop() ?? '';
  const holder = [...base, ...pointer].reduce<unknown>(childOf, document.contents);
  if (isMap(holder)) setInMap(document, holder, last, operation);
  else if (isSeq(holder)) setInList(document, holder, Number(last), operation);
}

function childOf(node: unknown, part: string | number): unknown {
  return isMap(node) ? node.get(part, true) : isSeq(node) ? node.get(Number(part), true) : undefined;
}

function setInMap(document: Document, map: YAMLMap, key: string, operation: PatchOperation): void {
  if (operation.op === 'remove') map.delete(key);
  else map.set(key, document.createNode(operation.value, { aliasDuplicateObjects: false }));
}

function setInList(document: Document, list: YAMLSeq, index: number, operation: PatchOperation): void {
  if (operation.op === 'remove') list.delete(index);
  else {
    const node = document.createNode(operation.value, { aliasDuplicateObjects: false });
    list.items.splice(index, operation.op === 'replace' ? 1 : 0, node);
  }
}
