import { readFile } from 'node:fs/promises';
import type { AnyResource } from '../resources/kinds.ts';
import { type CompileOptions, compileMesh } from './compile.ts';
import { JwksCache } from './jwks-cache.ts';

export interface CompilerOptions extends Pick<CompileOptions, 'workload' | 'clusterId'> {
  /** Read again at every compile: it may be edited too. */
  readonly meshConfigFile?: string | undefined;
}

/** `compileMesh` with what it needs from outside: the mesh configuration file and the keys of token issuers. */
export class Compiler {
  readonly #options: CompilerOptions;
  readonly #jwks = new JwksCache();

  constructor(options: CompilerOptions = {}) {
    this.#options = options;
  }

  /** Rejects only when the mesh configuration file cannot be read. */
  async compile(resources: readonly AnyResource[]): Promise<ReturnType<typeof compileMesh>> {
    const { meshConfigFile: file, workload, clusterId } = this.#options;
    const meshConfigFile = file === undefined ? undefined : { file, text: await readFile(file, 'utf8') };
    const jwks = this.#jwks.lookup.bind(this.#jwks);
    const compile = () => compileMesh(resources, { meshConfigFile, workload, clusterId, jwks });
    const draft = compile();
    // The first pass has said whose keys are needed.
    return (await this.refreshKeys()) ? compile() : draft;
  }

  /** Fetches keys that are due; true when the mesh has to be compiled again. */
  refreshKeys(): Promise<boolean> {
    return this.#jwks.refresh(Date.now());
  }
}
