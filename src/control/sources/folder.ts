import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { text as readStream } from 'node:stream/consumers';
import type { Finding } from '../../resources/finding.ts';
import { finding, messages } from '../../resources/finding-messages.ts';
import { MAX_FILE_BYTES } from '../../resources/limits.ts';
import type { ParseResult } from '../../resources/parse-object.ts';
import { keepLastGood } from './last-good.ts';
import { reasonOf, type Scan, type ScannedFile, scanFiles } from './scan-files.ts';
import type { ParseFile, Source, SourceState } from './source.ts';
import { fileOrigin, folderVanished, unreadableFile } from './source-messages.ts';
import { watchPaths } from './watch-paths.ts';

/** A file changed so shortly before it was read may change again within the same timestamp. */
const RACY_MS = 50;

interface KnownFile {
  readonly scanned: ScannedFile;
  readonly readAtMs: number;
  readonly contentHash: string;
  readonly parsed: ParseResult;
}

export interface FolderSourceOptions {
  /** Files and folders as the user gave them; `-` is standard input. */
  readonly paths: readonly string[];
  readonly parse: ParseFile;
  readonly stdin?: NodeJS.ReadableStream;
}

export class SourceNotFound extends Error {
  override readonly name = 'SourceNotFound';
}

/** Resources in files: `*.yaml`, `*.yml`, `*.json` under the paths. Only files that changed are parsed again. */
export class FolderSource implements Source {
  readonly name: string;
  readonly #paths: readonly string[];
  readonly #parse: ParseFile;
  readonly #stdin: NodeJS.ReadableStream | undefined;
  #known = new Map<string, KnownFile>();
  #seenPaths = new Set<string>();
  #revision = 0;
  #lastProblems = '';

  constructor({ paths, parse, stdin }: FolderSourceOptions) {
    this.name = paths.join(', ');
    this.#paths = paths.filter((path) => path !== '-');
    this.#parse = parse;
    this.#stdin = paths.includes('-') ? (stdin ?? process.stdin) : undefined;
  }

  /** Rejects only when a path was never there. */
  async read(): Promise<SourceState> {
    const scan = await scanFiles(this.#paths);
    for (const { path, reason } of scan.vanished) {
      if (!this.#seenPaths.has(path)) throw new SourceNotFound(`${path} cannot be read: ${reason}`);
    }
    const vanished = scan.vanished.map(({ path }) => path);
    for (const path of this.#paths) if (!vanished.includes(path)) this.#seenPaths.add(path);

    const known = new Map<string, KnownFile>();
    const findings: Finding[] = scan.vanished.map(({ path, reason }) => folderVanished(path, reason));
    const unreadFiles = [...scan.loops];
    // What lies under a path that vanished or is unreadable was not deleted: it goes on.
    for (const [path, file] of this.#known) {
      const isLost = [...vanished, ...scan.unreadable.map((entry) => entry.path)].some((lost) => isUnder(path, lost));
      if (isLost || path === '-') known.set(path, file);
    }
    for (const { path, reason } of scan.unreadable) {
      findings.push(unreadableFile(path, reason, this.#known.has(path)));
      unreadFiles.push(path);
    }
    if (this.#stdin !== undefined && !this.#known.has('-')) known.set('-', await this.#readStdin(this.#stdin));
    for (const scanned of scan.files) {
      const before = this.#known.get(scanned.path);
      if (scanned.size > MAX_FILE_BYTES) {
        const limit = `${MAX_FILE_BYTES / 1024 / 1024} MiB`;
        findings.push(finding(messages.FileTooLarge, fileOrigin(scanned.path), { limit }));
        unreadFiles.push(scanned.path);
        if (before !== undefined) known.set(scanned.path, before);
        continue;
      }
      try {
        known.set(scanned.path, await this.#readFile(scanned, before));
      } catch (error) {
        findings.push(unreadableFile(scanned.path, reasonOf(error), before !== undefined));
        unreadFiles.push(scanned.path);
        if (before !== undefined) known.set(scanned.path, before);
      }
    }
    return this.#settle(known, findings, unreadFiles);
  }

  watch(onChange: () => void): () => void {
    if (this.#paths.length === 0) return () => {};
    return watchPaths(this.#paths, async () => signatureOf(await scanFiles(this.#paths)), onChange);
  }

  async #readFile(scanned: ScannedFile, before: KnownFile | undefined): Promise<KnownFile> {
    if (before !== undefined && isUntouched(before, scanned)) return before;
    const readAtMs = Date.now();
    return this.#toKnown(await readFile(scanned.path, 'utf8'), scanned, readAtMs, before);
  }

  async #readStdin(stdin: NodeJS.ReadableStream): Promise<KnownFile> {
    const text = await readStream(stdin);
    return this.#toKnown(text, { path: '-', size: text.length, mtimeMs: 0, inode: 0 }, Date.now(), undefined);
  }

  #toKnown(text: string, scanned: ScannedFile, readAtMs: number, before: KnownFile | undefined): KnownFile {
    const contentHash = createHash('sha256').update(text).digest('hex');
    if (before?.contentHash === contentHash) return { ...before, scanned, readAtMs };
    const parsed = this.#parse(text, scanned.path);
    const merged = before === undefined ? parsed : keepLastGood(parsed, before.parsed.resources);
    this.#revision++;
    return { scanned, readAtMs, contentHash, parsed: merged };
  }

  #settle(known: Map<string, KnownFile>, findings: Finding[], unreadFiles: string[]): SourceState {
    const problems = JSON.stringify([findings, unreadFiles]);
    const isSame = problems === this.#lastProblems && [...this.#known.keys()].every((path) => known.has(path));
    if (!isSame) this.#revision++;
    this.#lastProblems = problems;
    this.#known = known;
    const files = [...known.values()].sort((a, b) => (a.scanned.path < b.scanned.path ? -1 : 1));
    return {
      resources: files.flatMap((file) => file.parsed.resources),
      findings: [...findings, ...files.flatMap((file) => file.parsed.findings)],
      skipped: files.flatMap((file) => file.parsed.skipped),
      unreadFiles,
      revision: this.#revision,
    };
  }
}

function isUntouched({ scanned, readAtMs }: KnownFile, now: ScannedFile): boolean {
  const isRacy = readAtMs - scanned.mtimeMs < RACY_MS;
  return !isRacy && scanned.mtimeMs === now.mtimeMs && scanned.size === now.size && scanned.inode === now.inode;
}

function isUnder(path: string, folder: string): boolean {
  const prefix = folder.replace(/^\.\//, '').replace(/\/+$/, '');
  return path === folder || prefix === '.' || path === prefix || path.startsWith(`${prefix}/`);
}

function signatureOf({ files, unreadable, vanished }: Scan): string {
  return JSON.stringify([files, unreadable, vanished]);
}
