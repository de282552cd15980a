import type { AnalysisFinding } from '../../src/analyze/analysis-finding.ts';
import { type AnalysisOptions, analyze } from '../../src/analyze/analyze.ts';
import { defaultResources } from '../../src/analyze/default-resources.ts';
import { compileMesh } from '../../src/control/compile.ts';
import { kinds, resourcesOf } from '../../src/resources/kinds.ts';
import { describeOrigin } from '../../src/resources/origin.ts';
import { parseYaml } from '../../src/resources/parse.ts';

export const NOW_MS = Date.parse('2026-01-01T00:00:00Z');

/** What `foresail analyze` does with one file, without a file. */
export function analyzeYaml(text: string, options: AnalysisOptions = {}, nowMs = NOW_MS): AnalysisFinding[] {
  const file = 'in.yaml';
  const parsed = parseYaml(text, { file });
  const { meshConfig } = compileMesh(resourcesOf(parsed.resources, kinds.configMap)).mesh.settings;
  const resources = [...parsed.resources, ...defaultResources(parsed.resources, meshConfig)];
  const { mesh, findings } = compileMesh(resources);
  return analyze(
    {
      resources,
      mesh,
      findings: [...parsed.findings, ...findings],
      texts: new Map([[file, text]]),
      nowMs,
      defaultNamespace: 'default',
    },
    options,
  );
}

/** `IST0101 VirtualService demo/web 12` */
export function shorthand({ code, origin }: AnalysisFinding): string {
  return `${code} ${describeOrigin(origin)} ${origin.line}`;
}
