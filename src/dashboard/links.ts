import type { ConfigOrigin } from '../engine/values.ts';
import { withQuery } from './state/api.ts';

/** Addresses of views; every one of them can be sent to somebody. */
export function serviceHref(host: string): string {
  return `/services/${encodeURIComponent(host)}`;
}

export function workloadHref(id: string): string {
  return `/workloads/${encodeURIComponent(id)}`;
}

export function yamlHref({ kind, namespace, name, path }: ConfigOrigin): string {
  return withQuery('/yaml', { kind, namespace, name, path });
}

/** `AuthorizationPolicy/default/deny-admin`, as refusals name what decided. */
export function yamlHrefOf(object: string): string {
  const [kind = '', namespace = '', name = ''] = object.split('/');
  return yamlHref({ kind, namespace, name });
}

export function explainHref(request: { readonly method: string; readonly url: string }): string {
  return withQuery('/explain', { method: request.method, url: request.url });
}

export function requestsHref(filter: {
  readonly service?: string;
  readonly origin?: string;
  readonly minCode?: number;
  readonly requestId?: string;
}): string {
  return withQuery('/requests', filter);
}
