import { HIDDEN, secretPlaces, withoutSecrets } from '../../engine/secrets/secret-places.ts';
import type { CelAttribute, CelAttributes } from '../../engine/telemetry/cel.ts';
import type { LoggedHttp, LoggedTcp } from './access-log-messages.ts';

export type Logged = LoggedHttp | LoggedTcp;

/** The agent knows of no rules for tokens: the usual places count. */
const SECRETS = secretPlaces([]);

/** Envoy's attributes as far as its access log tells them; values are written down as labels, so no secret is among them. */
export const loggedAttributes: CelAttributes<Logged> = ([root = '', field = '', key]) => {
  if (root === 'request' && field === 'headers' && key !== undefined) {
    const name = key.toLowerCase();
    if (SECRETS.headers.has(name)) return () => HIDDEN;
    return ofHttp(({ requestHeaders }) => shown(requestHeaders.get(name)));
  }
  return key === undefined ? FIELDS[`${root}.${field}`] : undefined;
};

function ofHttp(read: (entry: LoggedHttp) => ReturnType<CelAttribute<Logged>>): CelAttribute<Logged> {
  return (entry) => ('code' in entry ? read(entry) : undefined);
}

function shown(text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : withoutSecrets(text, SECRETS);
}

const FIELDS: Readonly<Record<string, CelAttribute<Logged> | undefined>> = {
  'request.path': ofHttp(({ path }) => shown(path)),
  'request.url_path': ofHttp(({ path }) => shown(path.split('?')[0])),
  'request.query': ofHttp(({ path }) => shown(path)?.split('?')[1]),
  'request.host': ofHttp(({ authority }) => authority),
  'request.scheme': ofHttp(({ scheme }) => scheme),
  'request.method': ofHttp(({ method }) => method),
  'request.useragent': ofHttp(({ userAgent }) => shown(userAgent)),
  'request.referer': ofHttp(({ referer }) => shown(referer)),
  'request.id': ofHttp(({ requestId }) => requestId),
  'request.size': ofHttp(({ requestBytes }) => requestBytes),
  'request.total_size': ofHttp(({ requestBytes }) => requestBytes),
  'response.code': ofHttp(({ code }) => code),
  'response.code_details': ofHttp(({ details }) => details),
  'response.size': ofHttp(({ responseBytes }) => responseBytes),
  'response.total_size': ofHttp(({ responseBytes }) => responseBytes),
  'response.grpc_status': ofHttp(({ grpcStatus }) => (grpcStatus === '' ? undefined : Number(grpcStatus))),
  'connection.mtls': ({ peerUri }) => peerUri !== '',
  'connection.uri_san_peer_certificate': ({ peerUri }) => peerUri || undefined,
  'xds.cluster_name': ({ upstreamCluster }) => upstreamCluster || undefined,
  'xds.route_name': ({ routeName }) => routeName || undefined,
};
