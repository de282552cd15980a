import { Publisher, type PublisherOptions } from '../../src/control/publish.ts';
import type { SnapshotInput } from '../../src/snapshot/encode.ts';
import { MemoryStore } from '../../src/store/memory.ts';

export interface MemoryMesh {
  readonly store: MemoryStore;
  readonly publisher: Publisher;
}

export async function publishToMemory(
  input: SnapshotInput,
  options: Partial<PublisherOptions> = {},
): Promise<MemoryMesh> {
  const store = new MemoryStore();
  const publisher = new Publisher({ store, mesh: 'test', syncer: 'test', ...options });
  await publisher.publish(input);
  return { store, publisher };
}
