import * as z from 'zod';

const groupVersionKind = z.object({ group: z.string(), version: z.string(), kind: z.string() });

/** AdmissionReview of admission.k8s.io/v1, as far as webhooks read it. */
export const admissionReview = z.object({
  apiVersion: z.literal('admission.k8s.io/v1'),
  kind: z.literal('AdmissionReview'),
  request: z.object({
    uid: z.string(),
    kind: groupVersionKind,
    operation: z.enum(['CREATE', 'UPDATE', 'DELETE', 'CONNECT']),
    name: z.string().optional(),
    namespace: z.string().optional(),
    object: z.unknown(),
    oldObject: z.unknown().optional(),
    dryRun: z.boolean().optional(),
  }),
});

export type AdmissionRequest = z.output<typeof admissionReview>['request'];

export interface AdmissionResponse {
  readonly allowed: boolean;
  /** Why not, for the person who applied it. */
  readonly status?: { readonly message: string; readonly code: number; readonly reason?: string };
  /** Base64 of an RFC 6902 patch. */
  readonly patch?: string;
  readonly patchType?: 'JSONPatch';
  readonly warnings?: readonly string[];
}

/** The API server cuts warnings off here, and all of them together at 4096 characters. */
const MAX_WARNING_LENGTH = 250;
const MAX_WARNINGS = 16;

export function clipWarnings(warnings: readonly string[]): readonly string[] {
  return warnings
    .slice(0, MAX_WARNINGS)
    .map((text) => (text.length > MAX_WARNING_LENGTH ? `${text.slice(0, MAX_WARNING_LENGTH - 1)}…` : text));
}

export function refusal(message: string, code = 400): AdmissionResponse {
  return { allowed: false, status: { message, code } };
}
