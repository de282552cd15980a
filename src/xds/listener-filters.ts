import { packed } from './any.ts';
import { HttpInspectorSchema } from './gen/envoy/extensions/filters/listener/http_inspector/v3/http_inspector_pb.ts';
import { TlsInspectorSchema } from './gen/envoy/extensions/filters/listener/tls_inspector/v3/tls_inspector_pb.ts';

/** Finds out whether a connection is TLS, and what its handshake asks for. */
export const TLS_INSPECTOR = {
  name: 'envoy.filters.listener.tls_inspector',
  configType: { case: 'typedConfig' as const, value: packed(TlsInspectorSchema, {}) },
};

/** Finds out whether a connection begins as HTTP in plaintext does. */
export const HTTP_INSPECTOR = {
  name: 'envoy.filters.listener.http_inspector',
  configType: { case: 'typedConfig' as const, value: packed(HttpInspectorSchema, {}) },
};
