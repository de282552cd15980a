import { open, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { RequestView } from '../control/console/wire.ts';
import { CliError } from './cli-error.ts';
import { type LogRecord, recordOfLine } from './log-line.ts';

/** Gives what has come since it was asked last. */
export interface LogSource {
  next(): Promise<readonly LogRecord[]>;
}

/** What edges have told a running `up` or control plane. */
export class RunningSource implements LogSource {
  readonly #url: string;
  readonly #seen = new Set<string>();

  constructor(url: string) {
    this.#url = url;
  }

  async next(): Promise<readonly LogRecord[]> {
    let views: readonly RequestView[];
    try {
      const response = await fetch(new URL('/api/requests', this.#url));
      if (!response.ok) throw new Error(`it answers ${response.status}`);
      views = (await response.json()) as readonly RequestView[];
    } catch (cause) {
      throw new CliError(`${this.#url} cannot be asked`, {
        why: cause instanceof Error ? cause.message : String(cause),
        fix: 'Start `foresail up` or a control plane, name its console with --url, or name files of logs.',
        cause,
      });
    }
    const fresh = views.filter((view) => {
      const key = keyOf(view);
      return !this.#seen.has(key) && this.#seen.add(key) !== undefined;
    });
    const current = new Set(views.map(keyOf));
    for (const key of this.#seen) if (!current.has(key)) this.#seen.delete(key);
    return fresh.map(recordOfView).reverse();
  }
}

function keyOf({ requestId, timeMs, reporter, instance }: RequestView): string {
  return [requestId, timeMs, reporter, instance].join('|');
}

function recordOfView(view: RequestView): LogRecord {
  const { timeMs, reporter, instance, requestId, method, url, code, flags, details, service, durationMs, origin } =
    view;
  return {
    timeMs,
    from: instance === 'unknown' || instance === '' ? reporter : `${reporter} ${instance}`,
    id: requestId,
    method,
    url,
    code,
    details,
    flags,
    service,
    durationMs,
    origin: origin === undefined ? '' : `${origin.kind}/${origin.namespace}/${origin.name}`,
  };
}

/** A file that an Envoy writes to; one that begins anew is read anew. */
export class FileSource implements LogSource {
  readonly #path: string;
  #offset = 0;
  #rest = '';

  constructor(path: string) {
    this.#path = path;
  }

  async next(): Promise<readonly LogRecord[]> {
    const { size } = await stat(this.#path).catch((cause: unknown) => {
      throw new CliError(`${this.#path} cannot be read`, { why: String(cause), cause });
    });
    if (size < this.#offset) {
      this.#offset = 0;
      this.#rest = '';
    }
    if (size === this.#offset) return [];
    const file = await open(this.#path);
    try {
      const { buffer, bytesRead } = await file.read(
        Buffer.alloc(size - this.#offset),
        0,
        size - this.#offset,
        this.#offset,
      );
      this.#offset += bytesRead;
      const lines = (this.#rest + buffer.subarray(0, bytesRead).toString('utf8')).split('\n');
      this.#rest = lines.pop() ?? '';
      return lines.flatMap((line) => recordOfLine(line, basename(this.#path)) ?? []);
    } finally {
      await file.close();
    }
  }
}
