import type { FormatContext } from '../formatter.ts';
import { HIDDEN, type SecretPlaces, withoutSecrets } from '../secrets/secret-places.ts';
import type { CelAttribute, CelAttributes } from './cel.ts';
import type { ExchangeFacts } from './exchange-facts.ts';

/** A request that is over. */
export type EndedContext = FormatContext & { readonly exchange: ExchangeFacts };

/** Envoy's attributes as far as an edge knows them. `secrets`: for values that are written down, as labels and tags are. */
export function exchangeAttributes(secrets?: SecretPlaces): CelAttributes<EndedContext> {
  const shown = (text: string | null): string | undefined =>
    text === null ? undefined : secrets === undefined ? text : withoutSecrets(text, secrets);
  return ([root = '', field = '', key]) => {
    if (field === 'headers' && key !== undefined) {
      const header = (text: string | null): string | undefined =>
        text !== null && secrets?.headers.has(key) === true ? HIDDEN : shown(text);
      if (root === 'request') return ({ request }) => header(request.header(key));
      if (root === 'response') return ({ responseHeaders }) => header(responseHeaders?.get(key) ?? null);
      return undefined;
    }
    const read = FIELDS[`${root}.${field}`];
    if (read === undefined || key !== undefined) return undefined;
    return (context) => {
      const value = read(context);
      return typeof value === 'string' ? shown(value) : value;
    };
  };
}

const FIELDS: Readonly<Record<string, CelAttribute<EndedContext> | undefined>> = {
  'request.path': ({ request }) => request.target,
  'request.url_path': ({ request }) => request.path,
  'request.query': ({ request }) => request.query,
  'request.host': ({ request }) => request.facts.authority,
  'request.scheme': ({ request }) => request.facts.scheme,
  'request.method': ({ request }) => request.facts.method,
  'request.useragent': ({ request }) => request.header('user-agent') ?? undefined,
  'request.referer': ({ request }) => request.header('referer') ?? undefined,
  'request.id': ({ request }) => request.connection.requestId,
  'request.protocol': () => 'HTTP/1.1',
  'request.size': ({ exchange }) => exchange.bytesReceived,
  'request.total_size': ({ exchange }) => exchange.bytesReceived,
  'response.code': ({ responseStatus }) => responseStatus ?? 0,
  'response.code_details': ({ exchange }) => exchange.details,
  'response.size': ({ exchange }) => exchange.bytesSent,
  'response.total_size': ({ exchange }) => exchange.bytesSent,
  'response.grpc_status': ({ exchange }) =>
    exchange.grpcStatus === undefined ? undefined : Number(exchange.grpcStatus),
  'source.address': ({ request }) => `${request.facts.peerAddress}:0`,
  'connection.mtls': ({ request }) => request.facts.peer !== undefined,
  'connection.requested_server_name': ({ request }) => request.facts.sni,
  'connection.uri_san_peer_certificate': ({ request }) =>
    request.facts.peer === undefined ? undefined : `spiffe://${request.facts.peer.principal}`,
  'destination.port': ({ request }) => request.facts.port,
  'upstream.address': ({ exchange }) => exchange.upstreamHost,
  'upstream.transport_failure_reason': ({ exchange }) => exchange.upstreamFailure,
  'xds.cluster_name': ({ cluster }) => cluster,
  'xds.route_name': ({ routeName }) => routeName,
};
