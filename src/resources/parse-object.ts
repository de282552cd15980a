import * as z from 'zod';
import { didYouMean } from './did-you-mean.ts';
import type { Finding } from './finding.ts';
import { finding, messages } from './finding-messages.ts';
import type { KindDefinition } from './kind.ts';
import { type AnyResource, definitionOf, kindsOfGroup, splitApiVersion } from './kinds.ts';
import { asFields, identityOf, readMetadata } from './metadata.ts';
import type { Origin } from './origin.ts';
import { Report } from './report.ts';
import { type FieldPath, formatPath } from './resource.ts';
import { reportIssues } from './schema-findings.ts';
import { withoutNulls } from './without-nulls.ts';

/** An object of a kind that Foresail does not read. */
export interface SkippedObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

export interface ParseResult {
  readonly resources: AnyResource[];
  readonly findings: Finding[];
  readonly skipped: SkippedObject[];
}

export interface ParseOptions {
  /** Of namespaced objects that name none; `default` when absent. */
  readonly defaultNamespace?: string;
}

/** Where the fields of one object stand; nowhere for objects from an API server. */
export type Locate = (path: FieldPath) => Pick<Origin, 'file' | 'line' | 'column'>;

/** An object from an API server or another program. Never throws; what it refuses is in the findings. */
export function parseObject(object: unknown, options: ParseOptions = {}): ParseResult {
  const result: ParseResult = { resources: [], findings: [], skipped: [] };
  try {
    for (const { item } of objectsIn(object)) readObject(item, () => ({}), options, result);
  } catch (error) {
    // Only an object with code in it (getters, proxies) comes here.
    result.findings.push(finding(messages.InternalError, originOfNothing({}), { detail: String(error) }));
  }
  return result;
}

/** The object itself, or what a `List` holds, with the path to each. */
export function* objectsIn(
  object: unknown,
  base: FieldPath = [],
  depth = 0,
): Generator<{ item: unknown; base: FieldPath }> {
  const fields = asFields(object);
  const isList = typeof fields?.kind === 'string' && fields.kind.endsWith('List') && Array.isArray(fields.items);
  if (!fields || !isList || depth > 2) {
    yield { item: object, base };
    return;
  }
  const itemKind = (fields.kind as string).slice(0, -'List'.length);
  for (const [index, item] of (fields.items as unknown[]).entries()) {
    // Items of a typed list from an API server do not repeat what they are.
    const needsKind = itemKind !== '' && asFields(item) !== undefined && asFields(item)?.kind === undefined;
    const whole = needsKind ? { apiVersion: fields.apiVersion, kind: itemKind, ...asFields(item) } : item;
    yield* objectsIn(whole, [...base, 'items', index], depth + 1);
  }
}

export function readObject(object: unknown, locate: Locate, options: ParseOptions, result: ParseResult): void {
  const fields = asFields(object);
  const { apiVersion, kind } = fields ?? {};
  if (
    fields === undefined ||
    typeof apiVersion !== 'string' ||
    typeof kind !== 'string' ||
    apiVersion === '' ||
    kind === ''
  ) {
    result.findings.push(
      finding(messages.NotAResource, originOfNothing(locate([])), { reason: whatIsMissing(fields) }),
    );
    return;
  }
  const { group, version } = splitApiVersion(apiVersion);
  const definition = definitionOf(group, kind);
  const identity = identityOf(fields, definition?.namespaced ?? true, options.defaultNamespace ?? 'default');
  const originOf = (path: FieldPath = []): Origin => ({
    kind,
    ...identity,
    ...locate(path),
    ...(path.length > 0 && { path: formatPath(path) }),
  });
  if (definition === undefined) {
    if (isOurGroup(group)) result.findings.push(unknownKind(group, kind, originOf(['kind'])));
    else result.skipped.push({ apiVersion, kind, ...identity });
    return;
  }
  if (!definition.versions.includes(version)) {
    const served = definition.versions.map((served) => joinApiVersion(group, served)).join(', ');
    const problem = finding(messages.UnservedVersion, originOf(['apiVersion']), { kind, apiVersion, served });
    if (isOurGroup(group)) result.findings.push(problem);
    else result.skipped.push({ apiVersion, kind, ...identity });
    return;
  }
  const report = new Report(originOf);
  const metadata = readMetadata(fields, definition, identity, report);
  const body = readBody(fields, definition, report);
  if (metadata !== undefined && body !== undefined) {
    const resource = { apiVersion, kind, metadata, ...body, originOf } as AnyResource;
    if (!report.refused) checkDryRun(resource, group, report);
    if (!report.refused) definition.validate?.(resource, report);
    if (!report.refused) result.resources.push(resource);
  }
  for (const found of report.findings) result.findings.push(found);
}

const DRY_RUN = 'istio.io/dry-run';

/** Istio's checkDryRunAnnotation: elsewhere the annotation would look as if it did something. */
function checkDryRun({ kind, metadata }: AnyResource, group: string, report: Report): void {
  if (!group.endsWith('.istio.io') || kind === 'AuthorizationPolicy' || metadata.annotations[DRY_RUN] === undefined)
    return;
  report.error(['metadata', 'annotations', DRY_RUN], `unsupported annotation ${DRY_RUN}, please remove the annotation`);
}

function readBody(
  fields: Readonly<Record<string, unknown>>,
  definition: KindDefinition,
  report: Report,
): object | undefined {
  const { apiVersion: _apiVersion, kind: _kind, metadata: _metadata, ...rest } = fields;
  let body: Record<string, unknown> = rest;
  const { schema } = definition;
  // Users do not write `status`; where no schema reads it, it is the controller's business.
  if (schema instanceof z.ZodObject && !('status' in schema.shape)) delete body.status;
  for (let round = 0; ; round++) {
    const parsed = schema.safeParse(body);
    if (parsed.success) return parsed.data as object;
    const trimmed = round < MAX_NULL_ROUNDS ? withoutNulls(body, parsed.error.issues) : undefined;
    if (trimmed === undefined) {
      reportIssues(schema, body, parsed.error.issues, report);
      return undefined;
    }
    body = trimmed;
  }
}

/** A null hides others only inside what it replaces; more rounds than this means a hostile object. */
const MAX_NULL_ROUNDS = 4;

function originOfNothing(place: Pick<Origin, 'file' | 'line' | 'column'>): Origin {
  return { kind: 'Document', namespace: '', name: '', ...place };
}

function whatIsMissing(fields: Readonly<Record<string, unknown>> | undefined): string {
  if (fields === undefined) return 'it is not a mapping';
  if (fields.kind === undefined && fields.apiVersion === undefined) return 'it has neither apiVersion nor kind';
  return typeof fields.kind === 'string' && fields.kind !== '' ? 'it has no apiVersion' : 'it has no kind';
}

/** Groups of which every kind is ours to know: there, an unknown kind is a mistake and not somebody else's object. */
function isOurGroup(group: string): boolean {
  return group.endsWith('.istio.io') || group === 'gateway.networking.k8s.io' || group === 'foresail.dev';
}

function unknownKind(group: string, kind: string, origin: Origin): Finding {
  const nearest = didYouMean(kind, kindsOfGroup(group));
  const hint = nearest === undefined ? '' : `; did you mean ${nearest}?`;
  return finding(messages.UnknownKind, origin, { kind, group, hint });
}

function joinApiVersion(group: string, version: string): string {
  return group === '' ? version : `${group}/${version}`;
}
