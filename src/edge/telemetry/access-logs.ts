import type { Exchange } from './exchange.ts';
import type { PreparedLog, PreparedScope } from './prepared-scope.ts';

/** Writes a request into every log that wants it: a file is the worker's log, the others are handed on. */
export function writeAccessLogs(
  exchange: Exchange,
  { logs }: PreparedScope,
  send: (logName: string, line: string) => void,
): void {
  const context = exchange.asContext();
  for (const { sink, line, filter } of logs) {
    const write = (): void => {
      if (filter !== undefined && filter.value(context) !== true) return;
      if (sink.kind === 'otlp') send(sink.logName, line(context));
      else if (sink.kind === 'file') console.log(line(context));
    };
    const ready = readiness(filter);
    if (ready === undefined) write();
    else exchange.context.waitUntil(ready.then(write, () => {}));
  }
}

const loaded = new WeakSet<object>();

/** The engine of regular expressions is loaded once; until then a filter that needs it waits. */
function readiness(filter: PreparedLog['filter']): Promise<void> | undefined {
  if (filter?.ready === undefined || loaded.has(filter)) return undefined;
  return filter.ready.then(() => {
    loaded.add(filter);
  });
}
