import { readFile } from 'node:fs/promises';
import { text as readAll } from 'node:stream/consumers';
import { explain } from '../control/explain/explain.ts';
import { withOrigins } from '../control/explain/with-origins.ts';
import { servingOf } from '../control/simulate/diff/side.ts';
import { certainEnvironment } from '../control/simulate/environment.ts';
import { type LoggedRequest, readLogLine } from '../control/simulate/logged-request.ts';
import type { ExplainedOutcome } from '../engine/explained-outcome.ts';
import { BadInput } from './bad-input.ts';
import type { ExplainOptions, Told } from './explain-options.ts';
import { loadMesh } from './load-mesh.ts';
import { openSide } from './open-side.ts';
import { withProgress } from './with-progress.ts';

const MAX_IDS_SHOWN = 5;

/** A request as its line in the access log tells it, by the configuration that served it. */
export async function explainLogged(file: string, options: ExplainOptions): Promise<Told> {
  const logged = choose(await readLines(file), options.id, file);
  const { input, mesh, findings, by } = await configurationOf(options, logged.timeMs);
  const request = {
    ...logged.request,
    ...(options.gatewayPort === undefined ? {} : { gatewayPort: options.gatewayPort }),
  };
  const serving = servingOf(input);
  const known = { serving, hosts: [...input.domains.keys()], findings, ...(mesh === undefined ? {} : { mesh }) };
  const env = certainEnvironment({ nowMs: logged.timeMs ?? Date.now() });
  const explanation = withOrigins(await explain(known, request, env), by.locate);
  const { id, timeMs, code, details, cluster, untold } = logged;
  const differs = differenceOf(logged, explanation.outcomes);
  const when = timeMs === undefined ? '' : ` of ${new Date(timeMs).toISOString()}`;
  return {
    explanation,
    more: {
      logged: { id, timeMs, code, details, cluster },
      by: by.name,
      untold,
      ...(differs === undefined ? {} : { differs }),
    },
    notes: [
      `request ${id === '' ? '(without an id)' : id}${when}, by ${by.name}`,
      `the line does not tell: ${untold.join('; ')}`,
      ...(differs === undefined ? [] : [differs]),
    ],
    findings,
  };
}

async function configurationOf(options: ExplainOptions, timeMs: number | undefined) {
  if (options.by !== undefined) {
    const side = await withProgress('reading', openSide(options.by, options, timeMs));
    return { input: side.input, mesh: undefined, findings: side.findings, by: side };
  }
  const { mesh, findings, source } = await withProgress('reading', loadMesh(options));
  return { input: mesh.edge, mesh, findings, by: { name: source, locate: undefined } };
}

async function readLines(file: string): Promise<readonly string[]> {
  try {
    const text = file === '-' ? await readAll(process.stdin) : await readFile(file, 'utf8');
    return text.split('\n').filter((line) => line.trim() !== '');
  } catch (cause) {
    throw new BadInput(`the access log ${file} cannot be read`, {
      why: cause instanceof Error ? cause.message : String(cause),
      fix: 'Name a file, or - for standard input.',
      cause,
    });
  }
}

/** The line with the id; a request that was retried or passed several proxies has more: the first is the outermost. */
function choose(lines: readonly string[], id: string | undefined, file: string): LoggedRequest {
  const candidates = id === undefined ? lines : lines.filter((line) => line.includes(id));
  const read = candidates.flatMap((line) => readLogLine(line) ?? []).filter((one) => id === undefined || one.id === id);
  const [first, ...others] = read;
  if (first !== undefined && (id !== undefined || others.length === 0)) return first;
  if (first !== undefined) {
    const ids = read.slice(-MAX_IDS_SHOWN).map((one) => one.id);
    throw new BadInput(`${file} has ${read.length} requests`, {
      fix: `Say which with --id; the last are ${ids.join(', ')}.`,
    });
  }
  throw new BadInput(id === undefined ? `${file} has no line of an access log` : `${file} has no request ${id}`, {
    why: "lines are read in Istio's text format and in JSON with `authority` and `path`",
    fix: "Give the log of the edge or of a gateway; in a format of your own, name the fields as Istio's JSON format does.",
  });
}

/** What the line says became of the request, where no way of ending explains it. */
function differenceOf(
  { code, details, cluster }: LoggedRequest,
  outcomes: readonly ExplainedOutcome[],
): string | undefined {
  if (code === undefined || code === 0) return undefined;
  const isForwarded = details === 'via_upstream' || (details === undefined && cluster !== undefined);
  const isExplained = outcomes.some(({ status, destination }) =>
    destination === undefined ? status === code && !isForwarded : isForwarded || cluster === destination,
  );
  if (isExplained) return undefined;
  const said = `${code}${details === undefined ? '' : ` ${details}`}`;
  return `the line says ${said}, which is no way in which this ends: another configuration served it, or something that the line does not tell decided`;
}
