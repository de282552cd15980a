import type { Mesh } from '../mesh/model.ts';
import { ResourceSet } from '../mesh/resource-set.ts';
import type { Finding, FindingLevel } from '../resources/finding.ts';
import { finding, messages } from '../resources/finding-messages.ts';
import type { AnyResource } from '../resources/kinds.ts';
import { describeOrigin, type Origin } from '../resources/origin.ts';
import { type AnalysisFinding, SUPPRESS_ANNOTATION } from './analysis-finding.ts';
import type { Analyzer } from './analyzer.ts';
import { analyzers as allAnalyzers } from './analyzers.ts';
import { type AnalysisContext, analysisContext } from './context.ts';
import { DocumentLines } from './document-lines.ts';
import { fromParsing, objectKey } from './parse-findings.ts';
import { rawObjects } from './raw-objects.ts';
import { readStatus } from './read-status.ts';
import { refusedResource } from './refused-resource.ts';
import { validatedKind } from './schema/validation-kinds.ts';
import { withoutSuperseded } from './superseded.ts';
import { isSuppressed, type Suppression } from './suppression.ts';

export interface AnalysisInput {
  /** That the files hold, and those taken for granted. */
  readonly resources: readonly AnyResource[];
  /** Of those resources. */
  readonly mesh: Mesh;
  /** Of parsing and of the mesh passes. */
  readonly findings: readonly Finding[];
  /** By file name as in the origins. */
  readonly texts: ReadonlyMap<string, string>;
  readonly nowMs: number;
  readonly defaultNamespace: string;
}

export interface AnalysisOptions {
  /** Undefined: all that run by themselves. */
  readonly analyzers?: readonly Analyzer[] | undefined;
  readonly suppressions?: readonly Suppression[];
  /** Only objects of this namespace, and those of none. */
  readonly namespace?: string | undefined;
  /** istioctl counts Pods only; with this, also those that Deployments and their like would make. */
  readonly countsTemplates?: boolean | undefined;
}

/** Everything that is to be said about the resources: worst first, then by file and line, each once. */
export function analyze(input: AnalysisInput, options: AnalysisOptions = {}): AnalysisFinding[] {
  const analyzers = options.analyzers ?? allAnalyzers;
  const raw = rawObjectsOf(input);
  const accepted = new Set(input.resources.map((resource) => objectKey(resource.originOf())));
  const refused = raw
    .filter(({ subject }) => !accepted.has(objectKey(subject.originOf())))
    .flatMap((object) => refusedResource(object) ?? []);
  const resources = new ResourceSet([...input.resources, ...refused]);
  const statuses = raw.flatMap((object) => readStatus(object) ?? []);
  const { countsTemplates = false } = options;
  const context = analysisContext({ resources, mesh: input.mesh, statuses, nowMs: input.nowMs, countsTemplates });
  const lines = new Map([...input.texts].map(([file, text]) => [file, new DocumentLines(text)]));
  const startOf = ({ file = '', line }: Origin): number | undefined =>
    line === undefined ? undefined : (lines.get(file)?.startOf(line) ?? line);

  const suppressedCodes = new Map(
    [...input.resources, ...raw.map(({ subject }) => subject)].flatMap(({ metadata, originOf }) => {
      const codes = metadata.annotations[SUPPRESS_ANNOTATION];
      return codes === undefined ? [] : [[objectKey(originOf()), codes] as const];
    }),
  );
  const found = [
    ...input.findings
      .filter((finding) => isAskedFor(finding, options.analyzers))
      .flatMap((finding) => fromParsing(finding, startOf, suppressedCodes)),
    ...analyzers.flatMap((analyzer) => runSafely(analyzer, context)).map((finding) => atDocument(finding, startOf)),
  ];
  return inOrder(
    withoutSuperseded(unique(found))
      .filter(({ origin }) => isInNamespace(origin, options.namespace))
      .filter((finding) => !isSuppressed(finding, options.suppressions ?? [])),
  );
}

/** A mistake in one analyzer must not hide what the others have found. */
function runSafely({ name, analyze: run }: Analyzer, context: AnalysisContext): readonly AnalysisFinding[] {
  try {
    return run(context);
  } catch (error) {
    const nowhere = { kind: 'Analyzer', namespace: '', name };
    const internal = finding(messages.InternalError, nowhere, { detail: `${name}: ${String(error)}` });
    return [{ ...internal, place: nowhere }];
  }
}

function rawObjectsOf({ findings, texts, defaultNamespace }: AnalysisInput) {
  const refusedLines = findings
    .filter(({ code }) => code === messages.SchemaValidationError.code)
    .map(({ origin }) => origin);
  return [...texts].flatMap(([file, text]) => {
    const own = refusedLines.filter((origin) => origin.file === file).map(({ line = 0 }) => line);
    const isRefused = (first: number, last: number) => own.some((line) => line >= first && line <= last);
    return rawObjects(text, file, defaultNamespace, isRefused);
  });
}

/** With `--analyzer`, what parsing says counts for the kinds whose validation was asked for. */
function isAskedFor({ code, name, origin }: Finding, chosen: readonly Analyzer[] | undefined): boolean {
  // Delegates have an analyzer of their own; istioctl has none.
  if (name === messages.ReferencedResourceNotFound.name) return false;
  if (chosen === undefined || !code.startsWith('IST')) return chosen === undefined || isUnreadable(code);
  return chosen.some((analyzer) => validatedKind(analyzer) === origin.kind);
}

/** FS00xx: a file or a document that could not be read. */
export function isUnreadable(code: string): boolean {
  return code.startsWith('FS00');
}

/** Where a finding is about the object, istioctl names the first line of its document. */
function atDocument(finding: AnalysisFinding, startOf: (origin: Origin) => number | undefined): AnalysisFinding {
  const { origin } = finding;
  const line = origin.path === undefined && finding.code.startsWith('IST') ? startOf(origin) : origin.line;
  return line === undefined || line === origin.line ? finding : { ...finding, origin: { ...origin, line } };
}

function unique(findings: readonly AnalysisFinding[]): AnalysisFinding[] {
  const byText = new Map<string, AnalysisFinding>();
  for (const finding of findings) {
    const { code, origin, message } = finding;
    const key = [code, describeOrigin(origin), origin.file, origin.line, message].join('|');
    if (!byText.has(key)) byText.set(key, finding);
  }
  return [...byText.values()];
}

function isInNamespace({ kind, namespace, name }: Origin, wanted: string | undefined): boolean {
  if (wanted === undefined) return true;
  return (kind === 'Namespace' ? name : namespace) === wanted || (namespace === '' && kind !== 'Namespace');
}

export const SEVERITY: Readonly<Record<FindingLevel, number>> = { Info: 0, Warning: 1, Error: 2 };

function inOrder(findings: readonly AnalysisFinding[]): AnalysisFinding[] {
  return findings.toSorted(
    (a, b) =>
      SEVERITY[b.level] - SEVERITY[a.level] ||
      compare(a.origin.file ?? '', b.origin.file ?? '') ||
      (a.origin.line ?? 0) - (b.origin.line ?? 0) ||
      compare(a.code, b.code) ||
      compare(a.message, b.message),
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
