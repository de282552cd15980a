import { meshProxyConfig } from '../../resources/mesh-config/proxy-config.ts';
import { isIpOrCidr } from '../../resources/scalars/ip.ts';
import { readDocument } from '../../resources/yaml/read-document.ts';

type Check = (value: string) => string | undefined;

const BOOLEANS: ReadonlySet<string> = new Set('1 t T TRUE true True 0 f F FALSE false False'.split(' '));
const MAX_UINT32 = 4_294_967_295;

/** Of Istio's injector (inject.AnnotationValidation): the problem with a value, or undefined. */
const CHECKS: Readonly<Record<string, Check>> = {
  'sidecar.istio.io/interceptionMode': (mode) =>
    ['REDIRECT', 'TPROXY', 'NONE'].includes(mode)
      ? undefined
      : `interceptionMode invalid, use REDIRECT,TPROXY,NONE: ${mode}`,
  'status.sidecar.istio.io/port': (port) => prefixed('excludeInboundPorts', portProblem(port)),
  'readiness.status.sidecar.istio.io/initialDelaySeconds': uint32Problem,
  'readiness.status.sidecar.istio.io/periodSeconds': uint32Problem,
  'readiness.status.sidecar.istio.io/failureThreshold': uint32Problem,
  'traffic.sidecar.istio.io/includeOutboundIPRanges': (ranges) =>
    ranges === '*' ? undefined : prefixed('includeIPRanges', rangesProblem(ranges)),
  'traffic.sidecar.istio.io/excludeOutboundIPRanges': (ranges) => prefixed('excludeIPRanges', rangesProblem(ranges)),
  'traffic.sidecar.istio.io/includeInboundPorts': (ports) =>
    ports === '*' ? undefined : prefixed('includeInboundPorts', portsProblem(ports)),
  'traffic.sidecar.istio.io/excludeInboundPorts': (ports) => prefixed('excludeInboundPorts', portsProblem(ports)),
  'traffic.sidecar.istio.io/excludeOutboundPorts': (ports) => prefixed('excludeOutboundPorts', portsProblem(ports)),
  'prometheus.istio.io/merge-metrics': (value) =>
    BOOLEANS.has(value) ? undefined : `strconv.ParseBool: parsing ${JSON.stringify(value)}: invalid syntax`,
  'proxy.istio.io/config': proxyConfigProblem,
};

export function annotationProblem(name: string, value: string): string | undefined {
  return Object.hasOwn(CHECKS, name) ? CHECKS[name]?.(value) : undefined;
}

function prefixed(field: string, problem: string | undefined): string | undefined {
  return problem === undefined ? undefined : `${field} invalid: ${problem}`;
}

function portsProblem(ports: string): string | undefined {
  if (ports.trim() === '') return undefined;
  return firstProblem(ports.trim().split(','), portProblem);
}

function portProblem(port: string): string | undefined {
  const text = port.trim();
  return /^\d+$/.test(text) && Number(text) <= 65_535 ? undefined : `failed parsing port '${port}'`;
}

function rangesProblem(ranges: string): string | undefined {
  if (ranges === '') return undefined;
  return firstProblem(ranges.split(','), (range) =>
    range.includes('/') && isIpOrCidr(range) ? undefined : `failed parsing cidr '${range}'`,
  );
}

function firstProblem(parts: readonly string[], check: Check): string | undefined {
  for (const part of parts) {
    const problem = check(part);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function uint32Problem(value: string): string | undefined {
  return /^\d+$/.test(value) && Number(value) <= MAX_UINT32
    ? undefined
    : `strconv.ParseUint: parsing ${JSON.stringify(value)}: invalid syntax`;
}

function proxyConfigProblem(text: string): string | undefined {
  const document = readDocument(text, { start: 0, end: text.length });
  if ('problem' in document) return `failed to convert to apply proxy config: ${document.problem.reason}`;
  const parsed = meshProxyConfig.safeParse(document.value ?? {});
  if (parsed.success) return undefined;
  const issues = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  return `failed to convert to apply proxy config: ${issues.join('; ')}`;
}
