import type { ExplainNode } from '../../control/explain/node.ts';
import { Place } from '../parts/marks.tsx';

const SIGNS = { held: '✓', failed: '✗', near: '≈', refused: '■', told: '·' } as const;
const WORDS = {
  held: 'fits',
  failed: 'does not fit',
  near: 'comes nearest',
  refused: 'ends the request',
  told: '',
} as const;

/** Every rule that was tried with its verdict, and what the verdict rests on. */
export function ExplainTree({ nodes }: { readonly nodes: readonly ExplainNode[] }) {
  return (
    <ul class="tree">
      {nodes.map((node, index) => (
        <TreeNode key={`${index} ${node.stage} ${node.text}`} node={node} />
      ))}
    </ul>
  );
}

function TreeNode({ node: { mark, text, origin, actor, children = [] } }: { readonly node: ExplainNode }) {
  return (
    <li class={`tree-${mark}`}>
      <span class="tree-line">
        <span class="tree-sign" aria-hidden="true">
          {SIGNS[mark]}
        </span>
        <span class="sr-only">{WORDS[mark]}</span>
        <span>
          {text}
          {actor !== undefined && actor !== 'edge' && <span class="badge">{actor.replace('-', ' ')}</span>}{' '}
          {origin !== undefined && <Place origin={origin} />}
        </span>
      </span>
      {children.length > 0 && <ExplainTree nodes={children} />}
    </li>
  );
}
