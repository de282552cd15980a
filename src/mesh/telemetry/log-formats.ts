import type { JsonFormat } from '../../engine/telemetry/config.ts';

/** What Istio's proxies print of a request, by the key of its JSON form; the text has them in this order. */
const FIELDS: readonly (readonly [key: string, operator: string, isQuoted?: boolean])[] = [
  ['start_time', '%START_TIME%'],
  ['method', '%REQ(:METHOD)%'],
  ['path', '%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%'],
  ['protocol', '%PROTOCOL%'],
  ['response_code', '%RESPONSE_CODE%'],
  ['response_flags', '%RESPONSE_FLAGS%'],
  ['response_code_details', '%RESPONSE_CODE_DETAILS%'],
  ['connection_termination_details', '%CONNECTION_TERMINATION_DETAILS%'],
  ['upstream_transport_failure_reason', '%UPSTREAM_TRANSPORT_FAILURE_REASON%', true],
  ['bytes_received', '%BYTES_RECEIVED%'],
  ['bytes_sent', '%BYTES_SENT%'],
  ['duration', '%DURATION%'],
  ['upstream_service_time', '%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)%'],
  ['x_forwarded_for', '%REQ(X-FORWARDED-FOR)%', true],
  ['user_agent', '%REQ(USER-AGENT)%', true],
  ['request_id', '%REQ(X-REQUEST-ID)%', true],
  ['authority', '%REQ(:AUTHORITY)%', true],
  ['upstream_host', '%UPSTREAM_HOST%', true],
  ['upstream_cluster', '%UPSTREAM_CLUSTER_RAW%'],
  ['upstream_local_address', '%UPSTREAM_LOCAL_ADDRESS%'],
  ['downstream_local_address', '%DOWNSTREAM_LOCAL_ADDRESS%'],
  ['downstream_remote_address', '%DOWNSTREAM_REMOTE_ADDRESS%'],
  ['requested_server_name', '%REQUESTED_SERVER_NAME%'],
  ['route_name', '%ROUTE_NAME%'],
];

export const ISTIO_JSON_FORMAT: Readonly<Record<string, JsonFormat>> = Object.fromEntries(
  FIELDS.map(([key, operator]) => [key, operator]),
);

const REQUEST_LINE: ReadonlySet<string> = new Set(['start_time', 'method', 'path', 'protocol']);

/** `[time] "GET /path HTTP/1.1" 200 - …`, with its newline. */
export const ISTIO_TEXT_FORMAT = `[%START_TIME%] "%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%" ${FIELDS.filter(
  ([key]) => !REQUEST_LINE.has(key),
)
  .map(([, operator, isQuoted]) => (isQuoted === true ? `"${operator}"` : operator))
  .join(' ')}\n`;
