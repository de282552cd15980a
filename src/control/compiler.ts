import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JwksLookup } from '../mesh/model.ts';
import type { RemoteCluster } from '../mesh/multicluster/model.ts';
import { ResourceSets } from '../mesh/resource-sets.ts';
import type { AnyResource } from '../resources/kinds.ts';
import { type CompileOptions, compileMesh } from './compile.ts';
import type { GuardedFetchOptions } from './guarded-fetch.ts';
import { JwksCache } from './jwks-cache.ts';

export interface CompilerOptions extends Omit<CompileOptions, 'jwks' | 'meshConfigFile' | 'remotes'> {
  /** Read again at every compile: it may be edited too. */
  readonly meshConfigFile?: string | undefined;
  /** Instead of the file: text that is known already. */
  readonly meshConfig?: { readonly file: string; readonly text: string } | undefined;
  /** Bounds on fetching the keys of token issuers. */
  readonly jwksFetch?: GuardedFetchOptions | undefined;
}

/** How long a compile waits for the keys of an issuer that is new. */
const PATIENCE_MS = 1_000;

/** `compileMesh` with what it needs from outside: the mesh configuration file and the keys of token issuers. */
export class Compiler {
  readonly #options: CompilerOptions;
  readonly #jwks: JwksCache;
  readonly #sets = new ResourceSets();
  #compiledRevision = 0;
  #meshConfig: { readonly file: string; readonly text: string } | undefined;
  /** Another function once it would say something else: what was computed with the one before is out of date then. */
  #lookups: { readonly revision: number; readonly lookup: JwksLookup } | undefined;

  constructor(options: CompilerOptions = {}) {
    this.#options = options;
    this.#jwks = new JwksCache(options.jwksFetch);
  }

  /** Rejects only when the mesh configuration file cannot be read. */
  async compile(
    resources: readonly AnyResource[],
    remotes?: readonly RemoteCluster[],
  ): Promise<ReturnType<typeof compileMesh>> {
    const { meshConfigFile: file, meshConfig, jwksFetch: _, ...options } = this.#options;
    const meshConfigFile = file === undefined ? meshConfig : await this.#readMeshConfig(file);
    const compile = () =>
      compileMesh(resources, { ...options, meshConfigFile, remotes, jwks: this.#lookup }, this.#sets);
    const draftRevision = this.#jwks.revision;
    const draft = compile();
    // The first pass has said whose keys are needed. A slow issuer holds up nobody: its keys come with a later compile.
    await Promise.race([this.#jwks.fetchNew(Date.now()), sleep(PATIENCE_MS, undefined, { ref: false })]);
    this.#compiledRevision = this.#jwks.revision;
    return this.#compiledRevision === draftRevision ? draft : compile();
  }

  get #lookup(): JwksLookup {
    const { revision } = this.#jwks;
    if (this.#lookups?.revision !== revision) {
      this.#lookups = { revision, lookup: (request) => this.#jwks.lookup(request) };
    }
    return this.#lookups.lookup;
  }

  /** The same object as long as the text is the same. */
  async #readMeshConfig(file: string): Promise<{ readonly file: string; readonly text: string }> {
    const text = await readFile(file, 'utf8');
    if (this.#meshConfig?.text !== text) this.#meshConfig = { file, text };
    return this.#meshConfig;
  }

  /** Fetches keys that are due; true when the mesh has to be compiled again. */
  async refreshKeys(): Promise<boolean> {
    await this.#jwks.refresh(Date.now());
    return this.#jwks.revision !== this.#compiledRevision;
  }
}
