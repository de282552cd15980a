/** A probe as the injector has moved it from a pod: what the kubelet would have asked of the application itself. */
export interface Probe {
  readonly action:
    | {
        readonly kind: 'http';
        readonly port: number;
        readonly path: string;
        readonly isTls: boolean;
        readonly headers: Readonly<Record<string, string>>;
      }
    | { readonly kind: 'tcp'; readonly port: number }
    | { readonly kind: 'grpc'; readonly port: number; readonly service: string };
  readonly timeoutMs: number;
}

const PATH = /^(\/app-health\/[^/]+\/(livez|readyz|startupz)|\/app-lifecycle\/[^/]+\/(prestopz|poststartz))$/;
const DEFAULT_TIMEOUT_S = 1;

/** Reads ISTIO_KUBE_APP_PROBERS: `{"/app-health/web/livez": {"httpGet": {…}, "timeoutSeconds": 1}}`. */
export function parseProbes(json: string): ReadonlyMap<string, Probe> {
  const probes = new Map<string, Probe>();
  for (const [path, value] of Object.entries(asObject(JSON.parse(json), 'ISTIO_KUBE_APP_PROBERS'))) {
    if (!PATH.test(path)) throw new Error(`${path} is no path of a probe`);
    probes.set(path, parseProbe(path, asObject(value, path)));
  }
  return probes;
}

function parseProbe(path: string, { httpGet, tcpSocket, grpc, timeoutSeconds }: Record<string, unknown>): Probe {
  const timeoutMs =
    (typeof timeoutSeconds === 'number' && timeoutSeconds > 0 ? timeoutSeconds : DEFAULT_TIMEOUT_S) * 1000;
  if (httpGet !== undefined) {
    const http = asObject(httpGet, path);
    return {
      timeoutMs,
      action: {
        kind: 'http',
        port: asPort(http.port, path),
        path: typeof http.path === 'string' && http.path.startsWith('/') ? http.path : `/${String(http.path ?? '')}`,
        isTls: http.scheme === 'HTTPS',
        headers: asHeaders(http.httpHeaders, path),
      },
    };
  }
  if (tcpSocket !== undefined)
    return { timeoutMs, action: { kind: 'tcp', port: asPort(asObject(tcpSocket, path).port, path) } };
  if (grpc !== undefined) {
    const { port, service } = asObject(grpc, path);
    const name = typeof service === 'string' ? service : '';
    return { timeoutMs, action: { kind: 'grpc', port: asPort(port, path), service: name } };
  }
  throw new Error(`${path} has none of httpGet, tcpSocket, grpc`);
}

function asHeaders(value: unknown, path: string): Record<string, string> {
  const list = value ?? [];
  if (!Array.isArray(list)) throw new Error(`${path}: httpHeaders is no list`);
  return Object.fromEntries(
    list.map((entry: unknown) => {
      const header = asObject(entry, path);
      return [String(header.name), String(header.value)];
    }),
  );
}

/** The injector has replaced names of ports by numbers. */
function asPort(value: unknown, path: string): number {
  const port = Number(value);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new Error(`${path}: ${String(value)} is no port`);
  return port;
}

function asObject(value: unknown, where: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`${where} is no object`);
  return value as Record<string, unknown>;
}
