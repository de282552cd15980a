import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { type EnvoyBinary, findEnvoy } from '../../../xds/envoy-binary.ts';

type Told = { readonly line: string } | { readonly binary: EnvoyBinary };

const OBTAIN = 'obtain-envoy';

/** Finds Envoy, or fetches it while everything else goes on. */
export async function obtainEnvoy(onLine: (line: string) => void): Promise<EnvoyBinary> {
  const found = findEnvoy({ fetch: false });
  if (found.path !== undefined || process.env.ENVOY_BIN) return found;
  const worker = new Worker(new URL(import.meta.url), { workerData: OBTAIN });
  worker.unref();
  return new Promise((resolve) => {
    worker.on('message', (told: Told) => {
      if ('line' in told) onLine(told.line);
      else resolve(told.binary);
    });
    worker.on('error', (error) => resolve({ path: undefined, why: `Envoy could not be fetched: ${error.message}` }));
  });
}

if (!isMainThread && workerData === OBTAIN) {
  const tell = (told: Told): void => parentPort?.postMessage(told);
  tell({ binary: findEnvoy({ log: (line) => tell({ line }) }) });
}
