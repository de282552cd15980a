import type { Finding } from '../resources/finding.ts';
import { finding } from '../resources/finding-messages.ts';
import type { Message, MessageArguments } from '../resources/message-table.ts';
import type { Origin } from '../resources/origin.ts';
import type { FieldPath } from '../resources/resource.ts';

/**
 * A finding as the analyzers make it. `origin` stands where istioctl would point: at a value where it knows the line
 * of one, else at the first line of the document. `place` is the field itself, for editors and annotations.
 */
export interface AnalysisFinding extends Finding {
  readonly place: Origin;
  /** Codes that the object's own annotation suppresses. */
  readonly suppressedCodes?: string;
}

/** What a finding can be about. */
export interface Subject {
  readonly metadata: { readonly annotations: Readonly<Record<string, string>> };
  readonly originOf: (path?: FieldPath) => Origin;
}

export const SUPPRESS_ANNOTATION = 'galley.istio.io/analyze-suppress';

/** About the object as a whole, although one field may be the cause. */
export function onObject<T extends string>(
  message: Message<T>,
  subject: Subject,
  args: MessageArguments<T>,
  cause: FieldPath = [],
): AnalysisFinding {
  return build(message, subject, args, subject.originOf(), subject.originOf(cause));
}

/** About a scalar field: where it is not written down, istioctl points at the object. */
export function onField<T extends string>(
  message: Message<T>,
  subject: Subject,
  args: MessageArguments<T>,
  path: FieldPath,
): AnalysisFinding {
  const place = subject.originOf(path);
  return build(message, subject, args, isWritten(subject, path) ? place : subject.originOf(), place);
}

/** Foresail's own: it always points at the field. */
export function onPlace<T extends string>(
  message: Message<T>,
  subject: Subject,
  args: MessageArguments<T>,
  path: FieldPath,
): AnalysisFinding {
  const place = subject.originOf(path);
  return build(message, subject, args, place, place);
}

function build<T extends string>(
  message: Message<T>,
  { metadata }: Subject,
  args: MessageArguments<T>,
  origin: Origin,
  place: Origin,
): AnalysisFinding {
  const suppressedCodes = metadata.annotations[SUPPRESS_ANNOTATION];
  return { ...finding(message, origin, args), place, ...(suppressedCodes === undefined ? {} : { suppressedCodes }) };
}

function isWritten(subject: unknown, path: FieldPath): boolean {
  let value: unknown = subject;
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return false;
    value = (value as Record<string | number, unknown>)[part];
  }
  return value !== null && typeof value !== 'object' && value !== undefined;
}
