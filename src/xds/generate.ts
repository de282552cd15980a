/**
 * Generates `src/xds/gen/`: TypeScript types of the Envoy messages that Foresail speaks, from the proto files that
 * the package @grpc/grpc-js-xds ships. Run it after changing ROOTS or the package's version:
 *
 *     node src/xds/generate.ts
 *
 * Messages that no root reaches and the validation annotations are left out, so the result stays small; the same
 * inputs give the same bytes.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PROJECT = fileURLToPath(new URL('../../', import.meta.url));
const OUTPUT = fileURLToPath(new URL('./gen', import.meta.url));
const PROTOS = join(PROJECT, 'node_modules/@grpc/grpc-js-xds/deps');
const BINARIES = join(PROJECT, 'node_modules/.bin');

/** The messages that are wanted, by the file that declares them. */
const ROOTS: Readonly<Record<string, readonly string[]>> = {
  'envoy/config/listener/v3/listener.proto': ['envoy.config.listener.v3.Listener'],
  'envoy/config/route/v3/route.proto': ['envoy.config.route.v3.RouteConfiguration'],
  'envoy/config/cluster/v3/cluster.proto': ['envoy.config.cluster.v3.Cluster'],
  'envoy/config/endpoint/v3/endpoint.proto': ['envoy.config.endpoint.v3.ClusterLoadAssignment'],
  'envoy/service/discovery/v3/ads.proto': ['envoy.service.discovery.v3.AggregatedDiscoveryService'],
  'envoy/service/secret/v3/sds.proto': ['envoy.service.secret.v3.SecretDiscoveryService'],
  'envoy/extensions/access_loggers/file/v3/file.proto': ['envoy.extensions.access_loggers.file.v3.FileAccessLog'],
  'envoy/extensions/access_loggers/filters/cel/v3/cel.proto': [
    'envoy.extensions.access_loggers.filters.cel.v3.ExpressionFilter',
  ],
  'envoy/extensions/access_loggers/grpc/v3/als.proto': [
    'envoy.extensions.access_loggers.grpc.v3.HttpGrpcAccessLogConfig',
    'envoy.extensions.access_loggers.grpc.v3.TcpGrpcAccessLogConfig',
  ],
  'envoy/service/accesslog/v3/als.proto': ['envoy.service.accesslog.v3.AccessLogService'],
  'envoy/config/trace/v3/zipkin.proto': ['envoy.config.trace.v3.ZipkinConfig'],
  'envoy/config/trace/v3/opentelemetry.proto': ['envoy.config.trace.v3.OpenTelemetryConfig'],
  'envoy/extensions/clusters/dynamic_forward_proxy/v3/cluster.proto': [
    'envoy.extensions.clusters.dynamic_forward_proxy.v3.ClusterConfig',
  ],
  'envoy/extensions/filters/http/cors/v3/cors.proto': [
    'envoy.extensions.filters.http.cors.v3.Cors',
    'envoy.extensions.filters.http.cors.v3.CorsPolicy',
  ],
  'envoy/extensions/filters/http/dynamic_forward_proxy/v3/dynamic_forward_proxy.proto': [
    'envoy.extensions.filters.http.dynamic_forward_proxy.v3.FilterConfig',
  ],
  'envoy/extensions/filters/http/ext_authz/v3/ext_authz.proto': ['envoy.extensions.filters.http.ext_authz.v3.ExtAuthz'],
  'envoy/extensions/filters/http/fault/v3/fault.proto': ['envoy.extensions.filters.http.fault.v3.HTTPFault'],
  'envoy/extensions/filters/http/header_mutation/v3/header_mutation.proto': [
    'envoy.extensions.filters.http.header_mutation.v3.HeaderMutation',
  ],
  'envoy/extensions/filters/http/jwt_authn/v3/config.proto': [
    'envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication',
  ],
  'envoy/extensions/filters/http/rbac/v3/rbac.proto': ['envoy.extensions.filters.http.rbac.v3.RBAC'],
  'envoy/extensions/filters/http/router/v3/router.proto': ['envoy.extensions.filters.http.router.v3.Router'],
  'envoy/extensions/filters/http/set_filter_state/v3/set_filter_state.proto': [
    'envoy.extensions.filters.http.set_filter_state.v3.Config',
  ],
  'envoy/extensions/filters/http/upstream_codec/v3/upstream_codec.proto': [
    'envoy.extensions.filters.http.upstream_codec.v3.UpstreamCodec',
  ],
  'envoy/extensions/filters/listener/http_inspector/v3/http_inspector.proto': [
    'envoy.extensions.filters.listener.http_inspector.v3.HttpInspector',
  ],
  'envoy/extensions/filters/listener/original_dst/v3/original_dst.proto': [
    'envoy.extensions.filters.listener.original_dst.v3.OriginalDst',
  ],
  'envoy/extensions/filters/listener/tls_inspector/v3/tls_inspector.proto': [
    'envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector',
  ],
  'envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.proto': [
    'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
  ],
  'envoy/extensions/filters/network/rbac/v3/rbac.proto': ['envoy.extensions.filters.network.rbac.v3.RBAC'],
  'envoy/extensions/filters/network/sni_dynamic_forward_proxy/v3/sni_dynamic_forward_proxy.proto': [
    'envoy.extensions.filters.network.sni_dynamic_forward_proxy.v3.FilterConfig',
  ],
  'envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy.proto': [
    'envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy',
  ],
  'envoy/extensions/http/early_header_mutation/header_mutation/v3/header_mutation.proto': [
    'envoy.extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation',
  ],
  'envoy/extensions/path/match/uri_template/v3/uri_template_match.proto': [
    'envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig',
  ],
  'envoy/extensions/retry/host/previous_hosts/v3/previous_hosts.proto': [
    'envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate',
  ],
  'envoy/extensions/transport_sockets/proxy_protocol/v3/upstream_proxy_protocol.proto': [
    'envoy.extensions.transport_sockets.proxy_protocol.v3.ProxyProtocolUpstreamTransport',
  ],
  'envoy/extensions/transport_sockets/raw_buffer/v3/raw_buffer.proto': [
    'envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer',
  ],
  'envoy/extensions/transport_sockets/tls/v3/secret.proto': ['envoy.extensions.transport_sockets.tls.v3.Secret'],
  'envoy/extensions/transport_sockets/tls/v3/tls.proto': [
    'envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext',
    'envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext',
  ],
  'envoy/extensions/upstreams/http/v3/http_protocol_options.proto': [
    'envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
  ],
};

/** Annotations for other tools. They would make up half of the output. */
const LEFT_OUT = ['validate', 'udpa.annotations', 'xds.annotations.v3', 'envoy.annotations'];

/** Node runs the output as it is, so it must be TypeScript whose types can simply be erased. */
const OPTIONS = ['target=ts', 'import_extension=ts', 'erasable_syntax=true'];

const folder = mkdtempSync(join(tmpdir(), 'foresail-xds-'));
try {
  collectProtos(join(folder, 'protos'));
  writeJson('buf.yaml', { version: 'v2', modules: [{ path: 'protos' }] });
  const paths = Object.keys(ROOTS).flatMap((file) => ['--path', join('protos', file)]);
  // Without source info there are no comments in the output.
  buf('build', '--exclude-source-info', '-o', 'image.binpb', ...paths);
  writeJson('buf.gen.yaml', {
    version: 'v2',
    clean: true,
    inputs: [{ binary_image: 'image.binpb', types: Object.values(ROOTS).flat(), exclude_types: LEFT_OUT }],
    plugins: [{ local: 'protoc-gen-es', out: OUTPUT, opt: OPTIONS, include_imports: true }],
  });
  buf('generate');
} finally {
  rmSync(folder, { recursive: true });
}

/** One tree of everything, with what is missing in the shipped copy: Envoy's files use a newer StringRules. */
function collectProtos(target: string): void {
  for (const root of ['envoy-api', 'googleapis', 'xds', 'protoc-gen-validate']) {
    cpSync(join(PROTOS, root), target, { recursive: true });
  }
  const validate = join(target, 'validate/validate.proto');
  const text = readFileSync(validate, 'utf8');
  const head = 'message StringRules {';
  if (!text.includes(head)) throw new Error('validate.proto has no StringRules any more');
  writeFileSync(validate, text.replace(head, `${head} optional bool ignore_empty = 26;`));
}

function writeJson(name: string, value: unknown): void {
  writeFileSync(join(folder, name), JSON.stringify(value));
}

function buf(...args: string[]): void {
  execFileSync(join(BINARIES, 'buf'), args, {
    cwd: folder,
    stdio: 'inherit',
    env: { ...process.env, PATH: `${BINARIES}${delimiter}${process.env.PATH ?? ''}` },
  });
}
