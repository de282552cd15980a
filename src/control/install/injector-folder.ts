import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { InjectionSettings } from '../injection/settings.ts';
import { readInjection } from './read-injection.ts';

export interface InjectorFolderOptions {
  /** Where the ConfigMap `istio-sidecar-injector` is mounted: `values` and `config`. */
  readonly folder: string;
  /** Where `mesh` of the ConfigMap `istio` is; undefined: the defaults. */
  readonly meshFile: string | undefined;
  readonly namespace: string;
  readonly revision: string;
  /** Told of settings that cannot be read; the last good ones go on. */
  onProblem(error: unknown): void;
}

/** The injector's settings as they are in the mounted ConfigMap at the moment. Throws when they were never readable. */
export function injectorFolder(options: InjectorFolderOptions): () => InjectionSettings {
  let settings = read(options);
  let seen = stampOf(options);
  return () => {
    try {
      const now = stampOf(options);
      if (now !== seen) {
        seen = now;
        settings = read(options);
      }
    } catch (error) {
      options.onProblem(error);
    }
    return settings;
  };
}

function read({ folder, meshFile, namespace, revision }: InjectorFolderOptions): InjectionSettings {
  const text = (name: string): string => readFileSync(join(folder, name), 'utf8');
  const mesh = meshFile === undefined ? '' : readFileSync(meshFile, 'utf8');
  return readInjection({ namespace, revision, values: text('values'), config: text('config'), mesh });
}

function stampOf({ folder, meshFile }: InjectorFolderOptions): string {
  const files = [join(folder, 'values'), join(folder, 'config'), ...(meshFile === undefined ? [] : [meshFile])];
  return files.map((file) => statSync(file).mtimeMs).join();
}
