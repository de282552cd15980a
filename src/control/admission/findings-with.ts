import { analyze } from '../../analyze/analyze.ts';
import type { Finding } from '../../resources/finding.ts';
import type { AnyResource } from '../../resources/kinds.ts';
import { compileMesh } from '../compile.ts';
import type { FindingsWith } from './validate.ts';

/** Above this the mesh would be compiled for longer than whoever applies something wants to wait. */
const MAX_RESOURCES = 3_000;

/** Findings about one object in the company of all others, as `foresail analyze` would tell them. */
export function findingsWithOthers(others: () => readonly AnyResource[], now: () => number = Date.now): FindingsWith {
  return (resource): readonly Finding[] => {
    const known = others();
    if (known.length > MAX_RESOURCES) return [];
    const resources = [...known.filter((other) => !isSame(other, resource)), resource];
    const { mesh, findings: passes } = compileMesh(resources);
    const { namespace } = resource.metadata;
    const input = { resources, mesh, findings: passes, texts: new Map(), nowMs: now(), defaultNamespace: namespace };
    // A policy may come before the pods of its Deployment.
    const findings = analyze(input, { namespace, countsTemplates: true });
    const { kind, metadata } = resource;
    return findings.filter(
      ({ origin }) => origin.kind === kind && origin.name === metadata.name && origin.namespace === metadata.namespace,
    );
  };
}

function isSame(a: AnyResource, b: AnyResource): boolean {
  const groupOf = ({ apiVersion }: AnyResource): string => apiVersion.split('/')[0] ?? '';
  return (
    a.kind === b.kind &&
    groupOf(a) === groupOf(b) &&
    a.metadata.name === b.metadata.name &&
    a.metadata.namespace === b.metadata.namespace
  );
}
