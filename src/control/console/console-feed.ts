import type { Mesh } from '../../mesh/model.ts';
import type { Finding } from '../../resources/finding.ts';
import type { CompiledMesh, ConsoleSource } from './console-source.ts';

type Given = Pick<
  ConsoleSource,
  'name' | 'edgeUrl' | 'window' | 'store' | 'edges' | 'proxies' | 'gateway' | 'certificates' | 'rollback'
>;

/** A console's source that whoever compiles the mesh keeps up to date. */
export class ConsoleFeed implements ConsoleSource {
  readonly name: string;
  readonly edgeUrl: ConsoleSource['edgeUrl'];
  readonly window: ConsoleSource['window'];
  readonly store: ConsoleSource['store'];
  readonly edges: ConsoleSource['edges'];
  readonly proxies?: NonNullable<ConsoleSource['proxies']>;
  readonly gateway?: NonNullable<ConsoleSource['gateway']>;
  readonly certificates?: NonNullable<ConsoleSource['certificates']>;
  readonly rollback?: NonNullable<ConsoleSource['rollback']>;
  readonly #listeners = new Set<() => void>();
  #current: CompiledMesh | undefined;
  #problem: string | undefined;

  constructor({ name, edgeUrl, window, store, edges, proxies, gateway, certificates, rollback }: Given) {
    this.name = name;
    this.edgeUrl = edgeUrl;
    this.window = window;
    this.store = store;
    this.edges = edges;
    if (proxies !== undefined) this.proxies = proxies;
    if (gateway !== undefined) this.gateway = gateway;
    if (certificates !== undefined) this.certificates = certificates;
    if (rollback !== undefined) {
      this.rollback = async (version) => {
        const result = await rollback(version);
        this.#tell();
        return result;
      };
    }
  }

  get current(): CompiledMesh | undefined {
    return this.#current;
  }

  get problem(): string | undefined {
    return this.#problem;
  }

  /** `findings` are all there are, those of the source too. */
  compiled(mesh: Mesh, findings: readonly Finding[], version: number): void {
    this.#current = { mesh, findings, version, revision: (this.#current?.revision ?? 0) + 1 };
    this.#problem = undefined;
    this.#tell();
  }

  failed(error: unknown): void {
    this.#problem = error instanceof Error ? error.message : String(error);
    this.#tell();
  }

  follow(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}
