import { explainLive } from '../control/explain/explain-live.ts';
import { BadInput } from './bad-input.ts';
import { makeDebugToken } from './debug-token.ts';
import type { ExplainOptions, Told } from './explain-options.ts';
import { askEdge } from './live-edge.ts';
import { describeRequest } from './request-options.ts';
import { withProgress } from './with-progress.ts';

const TOKEN_LIFETIME_S = 60;

/** By what an edge serves now. */
export async function explainLiveEdge(method: string, url: string, options: ExplainOptions): Promise<Told> {
  if (options.filename !== undefined) {
    throw new BadInput('--live and -f do not go together', {
      fix: 'Leave out one: the edge has its own configuration.',
    });
  }
  const edge = options.live === true ? url : (options.live ?? '');
  if (!/^https?:$/.test(URL.parse(edge)?.protocol ?? '')) {
    throw new BadInput(`${JSON.stringify(edge)} is no address of an edge`, { fix: 'Write --live https://HOST.' });
  }
  const token = process.env.FORESAIL_DEBUG_TOKEN?.trim() ?? '';
  if (options.debugKey === undefined && token === '') {
    throw new BadInput('a live edge explains only to who holds a debug token', {
      fix: 'Add --debug-key FILE, or set FORESAIL_DEBUG_TOKEN (see `foresail debug-token --help`).',
    });
  }
  const { description, assumed } = await describeRequest(method, url, options, edge);
  const { debugKey, mesh } = options;
  const given = debugKey === undefined ? token : await makeDebugToken({ debugKey, mesh }, TOKEN_LIFETIME_S);
  const answer = await withProgress('asking', askEdge(edge, given, description));
  const { version, snapshotHash } = answer;
  const by = `by version ${version} (${snapshotHash.slice(0, 12)}), which this edge serves`;
  const notes = assumed === undefined ? [by] : [assumed, by];
  return { explanation: explainLive(answer, description), more: { version, snapshotHash }, notes, findings: [] };
}
