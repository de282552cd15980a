import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compileMesh } from '../../src/control/compile.ts';
import { servingConfigOf } from '../../src/control/simulate/serving.ts';
import type { ServingConfig } from '../../src/engine/serving.ts';
import type { Finding } from '../../src/resources/finding.ts';
import { formatLocation } from '../../src/resources/origin.ts';
import { parseYaml } from '../../src/resources/parse.ts';

const SAMPLES = join(import.meta.dirname, '../../config/samples');

export interface LoadedSample {
  readonly serving: ServingConfig;
  /** Findings above Info, one line each. */
  readonly complaints: readonly string[];
}

export function sampleFolder(name: string): string {
  return join(SAMPLES, name);
}

/** A sample as `up` and `push` would read it; `extra`: more files, relative to the samples. */
export function loadSample(name: string, extra: readonly string[] = []): LoadedSample {
  const inFolder = readdirSync(sampleFolder(name), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.yaml'))
    .sort()
    .map((file) => join(name, file));
  const parsed = [...inFolder, ...extra].map((file) => parseYaml(readFileSync(join(SAMPLES, file), 'utf8'), { file }));
  const { mesh, findings } = compileMesh(parsed.flatMap(({ resources }) => resources));
  const all: Finding[] = [...parsed.flatMap((file) => file.findings), ...findings];
  return {
    serving: servingConfigOf(mesh.edge),
    complaints: all
      .filter(({ level }) => level !== 'Info')
      .map(({ code, message, origin }) => `${code} ${formatLocation(origin)} ${message}`),
  };
}
