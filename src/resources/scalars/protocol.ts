const HTTP = new Set(['http', 'http2', 'http_proxy', 'grpc', 'grpc-web']);
const TLS = new Set(['https', 'tls']);
const OTHER_TCP = new Set(['tcp', 'mongo', 'redis', 'mysql', 'hbone']);

/** How Istio sorts the `protocol` of a port; undefined for a name that it does not know. Case is ignored. */
export function protocolFamily(protocol: string): 'http' | 'tls' | 'tcp' | 'udp' | undefined {
  const name = protocol.toLowerCase();
  if (HTTP.has(name)) return 'http';
  if (TLS.has(name)) return 'tls';
  if (OTHER_TCP.has(name)) return 'tcp';
  return name === 'udp' ? 'udp' : undefined;
}

export const SUPPORTED_PROTOCOLS = 'HTTP, HTTPS, GRPC, GRPC-WEB, HTTP2, MONGO, REDIS, MYSQL, TCP, TLS';
