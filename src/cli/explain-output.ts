import { formatShare } from '../control/explain/duration.ts';
import type { ExplainNode, Explanation, Mark } from '../control/explain/node.ts';
import type { ConfigOrigin } from '../engine/values.ts';
import { formatLocation } from '../resources/origin.ts';
import { paint, printLine, type Terminal } from './output.ts';

const SIGNS: Readonly<Record<Mark, string>> = { held: '✓', failed: '✗', near: '≈', refused: '■', told: '·' };
const STYLES = { held: 'green', failed: 'dim', near: 'yellow', refused: 'red', told: 'cyan' } as const;
const ACTORS = { edge: 'edge', 'cluster-gateway': 'cluster gateway', sidecar: 'sidecar' } as const;

/** Rules that say the least are left out beyond this, unless all are asked for. */
const MAX_CHILDREN = 12;

export interface TreeOptions {
  readonly showsAll: boolean;
}

export function printExplanation(explanation: Explanation, terminal: Terminal, options: TreeOptions): void {
  const { request, verdict, outcomes } = explanation;
  const head = `${request.method} ${request.url}`;
  printLine(terminal, `${paint(terminal, 'bold', head)} → ${paint(terminal, 'bold', verdict)}`);
  printNodes(explanation.stages, '', terminal, options);
  if (outcomes.length > 1) {
    printLine(terminal, '');
    for (const { share, status, destination, delayMs, details } of outcomes) {
      const what = destination === undefined ? `${status} ${details}` : destination;
      const delay = delayMs === undefined ? '' : ` after ${delayMs} ms`;
      printLine(terminal, `  ${formatShare(share).padStart(9)}  ${what}${delay}`);
    }
  }
}

export function printNodes(
  nodes: readonly ExplainNode[],
  indent: string,
  terminal: Terminal,
  options: TreeOptions,
): void {
  const shown = options.showsAll ? nodes : mostTelling(nodes);
  let skipped = 0;
  const lines: (ExplainNode | string)[] = [];
  for (const node of nodes) {
    if (shown.includes(node)) {
      if (skipped > 0) lines.push(leftOut(skipped));
      skipped = 0;
      lines.push(node);
    } else skipped++;
  }
  if (skipped > 0) lines.push(leftOut(skipped));
  lines.forEach((line, i) => {
    const isLast = i === lines.length - 1;
    const branch = paint(terminal, 'dim', indent + (isLast ? '└─ ' : '├─ '));
    if (typeof line === 'string') {
      printLine(terminal, branch + paint(terminal, 'dim', line));
      return;
    }
    printLine(terminal, branch + formatNode(line, terminal));
    printNodes(line.children ?? [], indent + (isLast ? '   ' : '│  '), terminal, options);
  });
}

function formatNode({ stage, mark, text, origin, actor }: ExplainNode, terminal: Terminal): string {
  const sign = paint(terminal, STYLES[mark], SIGNS[mark]);
  const isTop = actor !== undefined;
  const label = isTop ? `${paint(terminal, 'bold', stage.replaceAll('-', ' '))}: ` : '';
  const who = actor === undefined || actor === 'edge' ? '' : paint(terminal, 'magenta', ` [${ACTORS[actor]}]`);
  const near = mark === 'near' && stage !== 'not-served' ? paint(terminal, 'yellow', ' (nearest)') : '';
  const where = origin === undefined ? '' : paint(terminal, 'dim', ` — ${formatPlace(origin)}`);
  return `${sign} ${label}${text}${near}${who}${where}`;
}

/** `routes.yaml:18 VirtualService shop/shop`: where to look, and at what. */
export function formatPlace(origin: ConfigOrigin): string {
  const object = `${origin.kind} ${origin.namespace === '' ? '' : `${origin.namespace}/`}${origin.name}`;
  return origin.file === undefined ? object : `${formatLocation(origin)} ${object}`;
}

function mostTelling(nodes: readonly ExplainNode[]): readonly ExplainNode[] {
  if (nodes.length <= MAX_CHILDREN) return nodes;
  const telling = nodes.filter(({ mark }) => mark !== 'failed');
  const rest = nodes.filter(({ mark }) => mark === 'failed').slice(0, Math.max(3, MAX_CHILDREN - telling.length));
  return [...telling.slice(0, 40), ...rest];
}

function leftOut(count: number): string {
  return `… ${count} more that ${count === 1 ? 'does' : 'do'} not match (--all shows them)`;
}
