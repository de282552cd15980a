import type { EdgeStatus } from '../control/proxies/edge-status.ts';
import type { ProxyStatus } from '../control/proxies/proxy-status.ts';
import { paint, printLine, printTable, type Terminal } from './output.ts';

export interface MeshStatus {
  /** Newest published version. */
  readonly published: number | undefined;
  readonly edges: readonly EdgeStatus[];
  readonly proxies: readonly ProxyStatus[];
}

const TYPES = ['CDS', 'LDS', 'EDS', 'RDS', 'SDS'] as const;

export function printMeshStatus({ published, edges, proxies }: MeshStatus, terminal: Terminal): void {
  if (edges.length > 0) {
    const rows = edges.map(({ edge, state, version, hash }) => [
      edge,
      'edge',
      state.toUpperCase(),
      version === undefined
        ? '-'
        : `${version}${published === undefined || version === published ? '' : ` of ${published}`}`,
      hash?.slice(0, 12) ?? '-',
    ]);
    printTable([['NAME', 'TYPE', 'STATE', 'VERSION', 'CONTENT'], ...rows], terminal);
  }
  if (proxies.length > 0) {
    if (edges.length > 0) printLine(terminal, '');
    const rows = proxies.map((proxy) => [
      `${proxy.pod}.${proxy.namespace}`,
      proxy.type,
      proxy.state.toUpperCase(),
      ...TYPES.map((name) => proxy.types.find(({ type }) => type === name)?.state.toUpperCase() ?? '-'),
    ]);
    printTable([['NAME', 'TYPE', 'STATE', ...TYPES], ...rows], terminal);
  }
  if (edges.length + proxies.length === 0) printLine(terminal, 'no proxy is connected, and no edge is named');
  for (const line of reasons({ published, edges, proxies })) printLine(terminal, paint(terminal, 'yellow', line));
}

/** Why each that is not in step is not, and where to look. */
function reasons({ edges, proxies }: MeshStatus): string[] {
  const ofEdges = edges.flatMap(({ edge, why }) => (why === undefined ? [] : [`${edge}: ${why}`]));
  const ofProxies = proxies.flatMap(({ pod, namespace, types }) =>
    types.flatMap(({ type, why, suspects = [] }) => {
      if (why === undefined) return [];
      const places = suspects.map(({ resource, at }) => `\n    ${resource}${at === undefined ? '' : ` — ${at}`}`);
      return [`${pod}.${namespace} refuses ${type}: ${why}${places.join('')}`];
    }),
  );
  return [...ofEdges, ...ofProxies];
}
