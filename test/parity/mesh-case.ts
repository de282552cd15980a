import { stringify } from 'yaml';
import { compileMesh } from '../../src/control/compile.ts';
import type { ResolvedGateway } from '../../src/mesh/model.ts';
import { parseYaml } from '../../src/resources/parse.ts';
import type { RawRequest } from './raw-http.ts';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** A mesh as plain objects, which can be printed as YAML and made smaller piece by piece. */
export type MeshObjects = Json[];

export interface ParityRequest extends RawRequest {
  /** The client's address. */
  readonly client: string;
  /** The Gateway server's port. */
  readonly port: number;
  readonly tls: boolean;
}

export interface ParityCase {
  readonly mesh: MeshObjects;
  readonly request: ParityRequest;
}

export function meshYaml(mesh: MeshObjects): string {
  return mesh.map((object) => stringify(object, { lineWidth: 0 })).join('---\n');
}

/** What validation refuses is left out, for both sides alike. */
export function compiled(mesh: MeshObjects): { gateway: ResolvedGateway; problems: readonly string[] } {
  const parsed = parseYaml(meshYaml(mesh), { file: 'mesh.yaml' });
  const { mesh: built, findings } = compileMesh(parsed.resources);
  const problems = [...parsed.findings, ...findings]
    .filter(({ level }) => level === 'Error')
    .map((finding) => `${finding.code} ${finding.message}`);
  return { gateway: built.edge, problems };
}
