import type { IndexKey } from '../rule-index.ts';
import type { Alternatives, Clause, ClauseKey, Clauses } from './clause.ts';

/**
 * Where a rule stands in an index. A dimension counts only when every alternative narrows it down: then the rule
 * needs one of all their values.
 */
export function ruleKeys(rule: Clauses): ReadonlyMap<string, readonly IndexKey[]> {
  const keys = new Map<string, readonly IndexKey[]>();
  const groups: Alternatives[] = [rule.to, rule.from, ...rule.when.map((clause) => [[clause]])];
  for (const alternatives of groups) {
    for (const [dimension, values] of commonKeys(alternatives)) {
      const before = keys.get(dimension);
      // Both must hold, so either may stand for the two.
      if (before === undefined || values.length < before.length) keys.set(dimension, values);
    }
  }
  return keys;
}

function commonKeys(alternatives: Alternatives): Map<string, IndexKey[]> {
  const [first, ...others] = alternatives.map(keysOfAll);
  const common = new Map<string, IndexKey[]>();
  for (const [dimension, values] of first ?? []) {
    const all = [...values];
    const isCommon = others.every((other) => {
      const more = other.get(dimension);
      if (more !== undefined) for (const key of more) all.push(key);
      return more !== undefined;
    });
    if (isCommon) common.set(dimension, all);
  }
  return common;
}

function keysOfAll(clauses: readonly Clause[]): Map<string, readonly IndexKey[]> {
  const keys = new Map<string, readonly IndexKey[]>();
  for (const { key } of clauses) if (key !== undefined) keys.set(key.dimension, key.keys);
  return keys;
}

/** How to read the dimensions in which these rules have keys. */
export function dimensionReaders(rules: readonly Clauses[]): ReadonlyMap<string, ClauseKey['read']> {
  const readers = new Map<string, ClauseKey['read']>();
  for (const { from, to, when } of rules) {
    for (const clause of [...from.flat(), ...to.flat(), ...when]) {
      if (clause.key !== undefined) readers.set(clause.key.dimension, clause.key.read);
    }
  }
  return readers;
}
