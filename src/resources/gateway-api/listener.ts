import * as z from 'zod';
import type { Report } from '../report.ts';
import type { FieldPath } from '../resource.ts';
import { labelSelector } from '../scalars/selector.ts';
import { gatewayHostnameProblem } from './hostname.ts';
import { GATEWAY_GROUP, objectReference, secretReference } from './references.ts';

export const routeNamespaces = z.strictObject({
  from: z.enum(['All', 'Selector', 'Same', 'None']).default('Same'),
  selector: labelSelector.optional(),
});

export const frontendValidation = z.strictObject({
  caCertificateRefs: z.array(objectReference).min(1).max(8),
  mode: z.enum(['AllowValidOnly', 'AllowInsecureFallback']).default('AllowValidOnly'),
});

const listenerTls = z.strictObject({
  mode: z.enum(['Terminate', 'Passthrough']).default('Terminate'),
  certificateRefs: z.array(secretReference).max(64).optional(),
  frontendValidation: frontendValidation.optional(),
  options: z.record(z.string(), z.string()).optional(),
});

/** A listener of a Gateway or a ListenerSet. */
export const listener = z.strictObject({
  name: z.string().min(1).max(253),
  hostname: z.string().optional(),
  port: z.int().min(1).max(65535),
  /** HTTP, HTTPS, TLS, TCP, UDP, or `domain/name` of an implementation. */
  protocol: z.string().min(1),
  tls: listenerTls.optional(),
  allowedRoutes: z
    .strictObject({
      namespaces: routeNamespaces.prefault({}),
      kinds: z
        .array(z.strictObject({ group: z.string().default(GATEWAY_GROUP), kind: z.string().min(1) }))
        .max(8)
        .optional(),
    })
    .prefault({}),
});

export type Listener = z.output<typeof listener>;

const PLAIN_PROTOCOLS = new Set(['HTTP', 'TCP', 'UDP']);

/** The CEL rules of the CRD on a list of listeners. */
export function checkListeners(listeners: readonly Listener[], path: FieldPath, report: Report): void {
  const names = new Set<string>();
  const keys = new Set<string>();
  for (const [index, entry] of listeners.entries()) {
    const at = [...path, index];
    if (names.has(entry.name)) report.error([...at, 'name'], 'Listener name must be unique within the Gateway');
    names.add(entry.name);
    const key = `${entry.port}/${entry.protocol}/${entry.hostname ?? ''}`;
    if (keys.has(key)) report.error(at, 'Combination of port, protocol and hostname must be unique for each listener');
    keys.add(key);
    checkListener(entry, at, report);
  }
}

function checkListener({ protocol, hostname, tls, allowedRoutes }: Listener, path: FieldPath, report: Report): void {
  if (hostname !== undefined && hostname !== '') {
    const problem = gatewayHostnameProblem(hostname);
    if (problem !== undefined) report.error([...path, 'hostname'], problem);
    if (protocol === 'TCP' || protocol === 'UDP') {
      report.error([...path, 'hostname'], "hostname must not be specified for protocols ['TCP', 'UDP']");
    }
  }
  if (PLAIN_PROTOCOLS.has(protocol) && tls) {
    report.error([...path, 'tls'], "tls must not be specified for protocols ['HTTP', 'TCP', 'UDP']");
  }
  if (protocol === 'HTTPS' && tls?.mode === 'Passthrough') {
    report.error([...path, 'tls', 'mode'], 'tls mode must be Terminate for protocol HTTPS');
  }
  if (protocol === 'TLS' && !tls) report.error(path, 'tls mode must be set for protocol TLS');
  if (tls?.mode === 'Terminate' && !tls.certificateRefs?.length && !Object.keys(tls.options ?? {}).length) {
    report.error([...path, 'tls'], 'certificateRefs or options must be specified when mode is Terminate');
  }
  if (allowedRoutes.namespaces.from === 'Selector' && !allowedRoutes.namespaces.selector) {
    report.warning(
      [...path, 'allowedRoutes', 'namespaces'],
      'from is Selector, but there is no selector: no namespace is allowed',
    );
  }
}
