import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';
import { compileMesh } from '../../src/control/compile.ts';
import { withCaseKeys } from '../../src/control/simulate/case-tokens.ts';
import { type CaseFile, caseFile } from '../../src/control/simulate/cases.ts';
import type { Mesh } from '../../src/mesh/model.ts';
import type { Finding } from '../../src/resources/finding.ts';
import { parseYaml } from '../../src/resources/parse.ts';
import { caseTokens } from '../case-tokens.ts';

const ROOT = join(import.meta.dirname, '..', 'cases');

export interface GoldenCase {
  readonly folder: string;
  readonly mesh: Mesh;
  readonly findings: readonly Finding[];
  readonly file: CaseFile;
}

export const goldenFolders: readonly string[] = readdirSync(ROOT, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('requests.yaml'))
  .map(dirname)
  .sort();

export function goldenCase(folder: string): GoldenCase {
  const file = caseFile.parse(parse(readFileSync(join(ROOT, folder, 'requests.yaml'), 'utf8')));
  const yaml = withCaseKeys(readFileSync(join(ROOT, folder, 'in.yaml'), 'utf8'), caseTokens.jwks);
  const { namespace } = file.options ?? {};
  const parsed = parseYaml(yaml, {
    file: 'in.yaml',
    ...(namespace === undefined ? {} : { defaultNamespace: namespace }),
  });
  const { mesh, findings } = compileMesh(parsed.resources);
  return { folder, mesh, findings: [...parsed.findings, ...findings], file };
}

/** The request of a case, with a token where it names claims. */
export async function requestOf(
  { file }: GoldenCase,
  name: string,
): Promise<{ method: string; url: string; headers: Record<string, string>; gatewayPort?: number; from?: string }> {
  const found = file.requests?.find((one) => one.name === name);
  if (found === undefined) throw new Error(`there is no case ${name}`);
  const { request } = found;
  const port = file.options?.gatewayPort;
  const options = port === undefined ? {} : { gatewayPort: port };
  if (typeof request === 'string') {
    const [first = '', second] = request.split(/\s+/);
    return { method: second === undefined ? 'GET' : first, url: second ?? first, headers: {}, ...options };
  }
  const headers: Record<string, string> = {};
  for (const [key, value] of Object.entries(request.headers ?? {})) headers[key] = [value].flat().join(',');
  if (request.token !== undefined) headers.authorization = `Bearer ${await caseTokens.sign(request.token)}`;
  const { gatewayPort = port, from } = request;
  return {
    method: request.method ?? 'GET',
    url: request.url,
    headers,
    ...(gatewayPort === undefined ? {} : { gatewayPort }),
    ...(from === undefined ? {} : { from }),
  };
}
