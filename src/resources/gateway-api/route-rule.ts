import * as z from 'zod';
import type { Report } from '../report.ts';
import type { FieldPath } from '../resource.ts';
import { gatewayDuration } from './duration.ts';
import type { ParentReference } from './references.ts';

/** What every route rule may have besides matches, filters and backends. */
export const sessionPersistence = z.strictObject({
  sessionName: z.string().max(128).optional(),
  absoluteTimeout: gatewayDuration.optional(),
  idleTimeout: gatewayDuration.optional(),
  type: z.enum(['Cookie', 'Header']).default('Cookie'),
  cookieConfig: z.strictObject({ lifetimeType: z.enum(['Permanent', 'Session']).default('Session') }).optional(),
});

/** RegularExpression is RE2 here; only Exact and PathPrefix are portable. */
export const headerMatch = z.strictObject({
  type: z.enum(['Exact', 'RegularExpression']).default('Exact'),
  name: z.string().min(1).max(256),
  value: z.string().min(1).max(4096),
});

export type SessionPersistence = z.output<typeof sessionPersistence>;
export type HeaderMatch = z.output<typeof headerMatch>;

export function checkSessionPersistence(
  session: SessionPersistence | undefined,
  path: FieldPath,
  report: Report,
): void {
  if (session?.cookieConfig?.lifetimeType === 'Permanent' && session.absoluteTimeout === undefined) {
    report.error(
      [...path, 'sessionPersistence'],
      'AbsoluteTimeout must be specified when cookie lifetimeType is Permanent',
    );
  }
}

/** Every backend that is a Service needs a port. */
export function checkBackends(
  backends:
    | readonly { readonly group: string; readonly kind: string; readonly port?: number | undefined }[]
    | undefined,
  path: FieldPath,
  report: Report,
): void {
  for (const [index, { group, kind, port }] of (backends ?? []).entries()) {
    if (group === '' && kind === 'Service' && port === undefined) {
      report.error([...path, index, 'port'], 'Must have port for Service reference');
    }
  }
}

/** Two references to one parent must say different sections or ports. */
export function checkParents(parents: readonly ParentReference[] | undefined, report: Report): void {
  const seen = new Set<string>();
  for (const [index, parent] of (parents ?? []).entries()) {
    const { group, kind, namespace = '', name, sectionName = '', port = '' } = parent;
    const key = [group, kind, namespace, name, sectionName, port].join('/');
    if (seen.has(key)) {
      report.error(
        ['spec', 'parentRefs', index],
        'sectionName or port must be unique when parentRefs includes 2 or more references to the same parent',
      );
    }
    seen.add(key);
  }
}

export function checkRuleNames(rules: readonly { readonly name?: string | undefined }[], report: Report): void {
  const seen = new Set<string>();
  for (const [index, { name }] of rules.entries()) {
    if (name === undefined) continue;
    if (seen.has(name)) report.error(['spec', 'rules', index, 'name'], 'Rule name must be unique within the route');
    seen.add(name);
  }
}
