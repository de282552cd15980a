import type { Alternatives, Clause } from './clause.ts';
import type { PolicyRequest } from './policy-request.ts';
import { allOf, type PolicyRule } from './policy-rule.ts';
import { FALSE } from './truth.ts';

/** The clauses that decided, in words: what failed, or all that matched. */
export function explainRule(rule: PolicyRule, request: PolicyRequest): string {
  const parts = [
    explainAlternatives(rule.from, request, 'source'),
    explainAlternatives(rule.to, request, 'operation'),
    explainAll(rule.when, request),
  ];
  const failed = parts.find((part) => !part.holds);
  if (failed !== undefined) return failed.text;
  const texts = parts.map((part) => part.text).filter((text) => text !== '');
  return texts.length === 0 ? 'the rule has no conditions' : texts.join(' and ');
}

interface Part {
  readonly holds: boolean;
  readonly text: string;
}

function explainAlternatives(alternatives: Alternatives, request: PolicyRequest, noun: string): Part {
  const [only] = alternatives;
  if (only === undefined) return { holds: true, text: '' };
  const matching = alternatives.find((clauses) => allOf(clauses, request) !== FALSE);
  if (matching !== undefined) return explainAll(matching, request);
  if (alternatives.length === 1) return explainAll(only, request);
  const reasons = alternatives.slice(0, 4).map((clauses) => explainAll(clauses, request).text);
  if (alternatives.length > reasons.length) reasons.push(`… ${alternatives.length - reasons.length} more`);
  return { holds: false, text: `no ${noun} matches: ${reasons.join('; ')}` };
}

/** The first clause that fails; all of them when none does. */
function explainAll(clauses: readonly Clause[], request: PolicyRequest): Part {
  const texts: string[] = [];
  for (const clause of clauses) {
    const truth = clause.evaluate(request);
    if (truth === FALSE) return { holds: false, text: clause.explain(request, truth) };
    texts.push(clause.explain(request, truth));
  }
  return { holds: true, text: texts.join(' and ') };
}
