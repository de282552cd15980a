import type { Finding } from '../../resources/finding.ts';
import type { AnyResource } from '../../resources/kinds.ts';
import { describeOrigin } from '../../resources/origin.ts';
import type { ParseResult } from '../../resources/parse-object.ts';
import { lastGoodKept } from './source-messages.ts';

/**
 * An object that was edited into something broken goes on at its last good version; one that was deleted is deleted.
 * Broken is what an error names, or, when an error cannot say the name (unreadable YAML), all that is missing since.
 */
export function keepLastGood(parsed: ParseResult, before: readonly AnyResource[]): ParseResult {
  const present = new Set(parsed.resources.map(idOf));
  const errors = parsed.findings.filter((finding) => finding.level === 'Error');
  const broken = new Set(errors.map((finding) => describeOrigin(finding.origin)));
  const hasNameless = errors.some((finding) => finding.origin.name === '' || finding.origin.kind === 'File');
  const kept = before.filter((resource) => {
    const id = idOf(resource);
    return !present.has(id) && (hasNameless || broken.has(id));
  });
  if (kept.length === 0) return parsed;
  return {
    ...parsed,
    resources: [...parsed.resources, ...kept],
    findings: [...parsed.findings, ...kept.map((resource) => lastGoodKept(currentOrigin(resource, errors)))],
  };
}

function idOf(resource: AnyResource): string {
  return describeOrigin(resource.originOf());
}

/** Where the broken object is now, not where the last good one was. */
function currentOrigin(resource: AnyResource, errors: readonly Finding[]): Finding['origin'] {
  const id = idOf(resource);
  return errors.find((finding) => describeOrigin(finding.origin) === id)?.origin ?? resource.originOf();
}
