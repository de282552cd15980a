import type * as z from 'zod';
import type { Finding } from './finding.ts';
import { finding, messages } from './finding-messages.ts';
import { MAX_FILE_BYTES } from './limits.ts';
import { type MeshConfig, type MeshNetworks, meshConfigSchema, meshNetworksSchema } from './mesh-config/schema.ts';
import { asFields } from './metadata.ts';
import type { Origin } from './origin.ts';
import { Report } from './report.ts';
import { type FieldPath, formatPath } from './resource.ts';
import { reportIssues } from './schema-findings.ts';
import { LineTable, locatePath, type PositionTree } from './yaml/positions.ts';
import { positionsOf, readDocument } from './yaml/read-document.ts';

export type { ExtensionProvider } from './mesh-config/extension-provider.ts';
export type { MeshProxyConfig } from './mesh-config/proxy-config.ts';
export type { MeshConfig, MeshNetworks } from './mesh-config/schema.ts';

/** Where the text of a mesh configuration comes from: a file of its own, or a block scalar in a ConfigMap. */
export interface MeshConfigSource {
  readonly file?: string;
  /** The object that holds the text, for its kind and name. */
  readonly origin?: Origin;
  /** Of the text inside that object, for example `['data', 'mesh']`. */
  readonly basePath?: FieldPath;
  /** Lines before the text's first: the line of the key, for a block scalar. */
  readonly lineOffset?: number;
  /** Columns before the text's first: the indentation of the block scalar. */
  readonly columnOffset?: number;
}

/** Read by Istio, without a meaning in Foresail. */
const NOT_USED: ReadonlySet<string> = new Set([
  'proxyHttpPort',
  'enableEnvoyAccessLogService',
  'disableEnvoyListenerLog',
  'configSources',
  'certificates',
  'ca',
  'inboundClusterStatName',
  'outboundClusterStatName',
  'serviceScopeConfigs',
]);

/** Istio's defaults, for a mesh that says nothing. */
export const DEFAULT_MESH_CONFIG: MeshConfig = meshConfigSchema.parse({});

/**
 * Reads a mesh configuration. Total: a field that is wrong is reported and has its default; so is the whole where
 * the YAML is broken.
 */
export function parseMeshConfig(
  text: string,
  source: MeshConfigSource,
): { meshConfig: MeshConfig; findings: Finding[] } {
  const { value, findings } = parseLeniently(text, source, meshConfigSchema, 'MeshConfig');
  return { meshConfig: value ?? DEFAULT_MESH_CONFIG, findings };
}

/** Reads `meshNetworks`, the same way. */
export function parseMeshNetworks(
  text: string,
  source: MeshConfigSource,
): { meshNetworks: MeshNetworks; findings: Finding[] } {
  const { value, findings } = parseLeniently(text, source, meshNetworksSchema, 'MeshNetworks');
  return { meshNetworks: value ?? { networks: {} }, findings };
}

function parseLeniently<S extends z.ZodObject>(
  text: string,
  source: MeshConfigSource,
  schema: S,
  kind: string,
): { value?: z.output<S>; findings: Finding[] } {
  const base: Origin = source.origin ?? { kind, namespace: '', name: '' };
  const at = originsIn(text, source, base);
  if (text.length > MAX_FILE_BYTES) {
    return { findings: [finding(messages.FileTooLarge, base, { limit: `${MAX_FILE_BYTES / 1024 / 1024} MiB` })] };
  }
  const document = readDocument(text, { start: 0, end: text.length });
  if ('problem' in document) {
    const { reason, offset } = document.problem;
    return { findings: [finding(messages.YamlSyntaxError, at.offset(offset), { reason })] };
  }
  const report = new Report(at.path);
  if (document.value !== null && asFields(document.value) === undefined) {
    report.error([], `the ${kind} must be a mapping`);
  }
  const fields: Record<string, unknown> = { ...asFields(document.value) };
  for (const [key, value] of Object.entries(fields)) if (value === null) delete fields[key];
  const unused = Object.keys(fields).filter((key) => NOT_USED.has(key));
  const infos = unused.map((field) => finding(messages.MeshConfigFieldNotUsed, at.path([field]), { field }));
  const value = withoutWrongFields(schema, fields, report);
  const inOrder = report.findings.toSorted((a, b) => (a.origin.line ?? 0) - (b.origin.line ?? 0));
  return { value, findings: [...inOrder, ...infos] };
}

/** Every wrong field costs itself only: it is left out, and so has its default. */
function withoutWrongFields<S extends z.ZodObject>(schema: S, given: object, report: Report): z.output<S> {
  let fields: unknown = given;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const parsed = schema.safeParse(fields);
    if (parsed.success) return parsed.data;
    for (const issue of parsed.error.issues) {
      reportIssues(schema, fields, [issue], report);
      const before = fields;
      const keys = issue.code === 'unrecognized_keys' ? issue.keys : [undefined];
      for (const key of keys)
        fields = withoutPart(fields, [...(issue.path as FieldPath), ...(key === undefined ? [] : [key])]);
      // Removing an item moves those behind it: their issues are found again in the next round.
      if (before !== fields && issue.path.some((part) => typeof part === 'number')) break;
    }
  }
  return schema.parse({});
}

/** More wrong fields than this, and nothing of the text is believed. */
const MAX_ROUNDS = 100;

/** Without the deepest part of `path` that is there. */
function withoutPart(value: unknown, path: FieldPath): unknown {
  const [part, ...rest] = path;
  if (part === undefined || typeof value !== 'object' || value === null) return value;
  const child = (value as Record<string | number, unknown>)[part];
  const [next] = rest;
  const goesDeeper = next !== undefined && typeof child === 'object' && child !== null && Object.hasOwn(child, next);
  if (Array.isArray(value)) {
    const index = Number(part);
    return goesDeeper ? value.with(index, withoutPart(child, rest)) : value.toSpliced(index, 1);
  }
  if (goesDeeper) return { ...value, [part]: withoutPart(child, rest) };
  const { [part]: _wrong, ...others } = value as Record<string | number, unknown>;
  return others;
}

function originsIn(
  text: string,
  source: MeshConfigSource,
  base: Origin,
): {
  offset: (offset: number) => Origin;
  path: (path?: FieldPath) => Origin;
} {
  const lines = new LineTable(text);
  let positions: PositionTree | undefined;
  const file = source.file ?? source.origin?.file;
  const offset = (at: number): Origin => {
    if (file === undefined) return base;
    const { line, column } = lines.position(at);
    const place = { line: line + (source.lineOffset ?? 0), column: column + (source.columnOffset ?? 0) };
    return { ...base, file, ...place };
  };
  const path = (inside: FieldPath = []): Origin => {
    positions ??= positionsOf(text, { start: 0, end: text.length });
    const whole = formatPath([...(source.basePath ?? []), ...inside]);
    const origin = offset(locatePath(positions, inside));
    return whole === '' ? origin : { ...origin, path: whole };
  };
  return { offset, path };
}
