import type { Finding } from '../../resources/finding.ts';
import type { AnyResource } from '../../resources/kinds.ts';
import { parseObject } from '../../resources/parse-object.ts';
import { type AdmissionRequest, type AdmissionResponse, clipWarnings, refusal } from './review.ts';

/** What an object that is about to be accepted would bring with it, beyond itself; empty where nobody has looked. */
export type FindingsWith = (resource: AnyResource) => readonly Finding[];

const GROUPS: ReadonlySet<string> = new Set([
  'networking.istio.io',
  'security.istio.io',
  'telemetry.istio.io',
  'extensions.istio.io',
  'gateway.networking.k8s.io',
]);
const MAX_PROBLEMS = 10;

/** What the validating webhook answers: refused is what Istio's own would refuse; what is only doubtful is a warning. */
export function answerValidate(request: AdmissionRequest, findingsWith: FindingsWith): AdmissionResponse {
  const { operation, kind, object, oldObject } = request;
  // What is not ours, or goes away, is nobody's to block.
  if (!GROUPS.has(kind.group) || operation === 'DELETE' || operation === 'CONNECT') return { allowed: true };
  // Finalizers must come off also where the object has become invalid by a newer release's rules.
  if (isBeingDeleted(object)) return { allowed: true };
  const { resources, findings } = parseObject(object);
  const errors = findings.filter(({ level }) => level === 'Error');
  const problems = errors.map(describe);
  if (problems.length > 0 && !isUnchanged(object, oldObject)) {
    const more = problems.length > MAX_PROBLEMS ? `; and ${problems.length - MAX_PROBLEMS} more` : '';
    return refusal(`configuration is invalid: ${problems.slice(0, MAX_PROBLEMS).join('; ')}${more}`, 422);
  }
  const own = findings.filter(({ level }) => level !== 'Info');
  const beyond = resources.flatMap((resource) => findingsWith(resource)).filter(({ level }) => level !== 'Info');
  const warnings = clipWarnings([...new Set([...own, ...beyond].map(describe))]);
  return { allowed: true, ...(warnings.length > 0 && { warnings }) };
}

function describe({ code, message, fix, origin }: Finding): string {
  const where = origin.path === undefined || message.startsWith(origin.path) ? '' : ` (${origin.path})`;
  return `[${code}] ${message}${where}${fix === undefined ? '' : ` ${fix}`}`;
}

function isBeingDeleted(object: unknown): boolean {
  return (object as { metadata?: { deletionTimestamp?: unknown } } | null)?.metadata?.deletionTimestamp !== undefined;
}

/** Labels and status of an old object that today's rules refuse can still be written: its spec has got no worse. */
function isUnchanged(object: unknown, oldObject: unknown): boolean {
  if (oldObject === undefined || oldObject === null) return false;
  const specOf = (value: unknown): string => JSON.stringify((value as { spec?: unknown } | null)?.spec ?? null);
  return specOf(object) === specOf(oldObject);
}
