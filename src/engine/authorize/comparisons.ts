import type { PolicyPathMatcher } from '../policy-config.ts';
import type { DimensionValue } from '../rule-index.ts';
import { parseAddress, prepareAddresses } from './address.ts';
import type { Comparison } from './clause.ts';
import { isUnknown, type PolicyRequest } from './policy-request.ts';
import { FALSE, TRUE, UNKNOWN } from './truth.ts';
import { describeList, prepareValues, type ValueOptions } from './values.ts';

/** A fact that is one string, or absent. */
export interface TextFact extends ValueOptions {
  /** In explanations: `path`, `header "x-tenant"`. */
  readonly name: string;
  read(request: PolicyRequest): string | null;
  isUnknown?(request: PolicyRequest): boolean;
  /** Name under which rules are indexed by this fact. */
  readonly dimension?: string;
  /** The value may stand for several that were sent: those between its commas match too, each on its own. */
  readonly isJoined?: boolean;
  /** The value must not appear in explanations. */
  readonly isSecret?: boolean;
}

export function compareText(fact: TextFact, matchers: readonly PolicyPathMatcher[]): Comparison {
  const values = prepareValues(matchers, fact);
  const { dimension } = fact;
  const { keys } = values;
  const readAll = (request: PolicyRequest): DimensionValue => {
    const value = fact.read(request);
    return fact.isJoined === true && value?.includes(',') ? [value, ...parts(value)] : value;
  };
  return {
    name: fact.name,
    values: values.description,
    needsRegexEngine: values.needsRegexEngine,
    key: dimension === undefined || keys === undefined ? undefined : { dimension, keys, read: readAll },
    evaluate(request) {
      if (fact.isUnknown?.(request) === true) return UNKNOWN;
      const value = fact.read(request);
      if (value === null) return FALSE;
      if (values.test(value)) return TRUE;
      if (fact.isJoined === true && value.includes(',') && parts(value).some(values.test)) return TRUE;
      return values.isIncomplete ? UNKNOWN : FALSE;
    },
    describeFact(request) {
      const value = fact.read(request);
      if (value === null) return { text: fact.name, isAbsent: true };
      return { text: `${fact.name} ${fact.isSecret === true ? '(hidden)' : quoted(value)}`, isAbsent: false };
    },
  };
}

/**
 * A platform shows a header that was sent several times as one value. Envoy's policies look at each on its own: one
 * that denies a value must not be got round by sending it beside another.
 */
function parts(value: string): string[] {
  return value.split(',').map((part) => part.trim());
}

/** A fact that is any number of strings: one of them must match. */
export interface ListFact {
  readonly name: string;
  read(request: PolicyRequest): readonly string[] | undefined;
  isUnknown?(request: PolicyRequest): boolean;
}

export function compareList(fact: ListFact, matchers: readonly PolicyPathMatcher[]): Comparison {
  const values = prepareValues(matchers);
  return {
    name: fact.name,
    values: values.description,
    needsRegexEngine: values.needsRegexEngine,
    key: undefined,
    evaluate(request) {
      if (fact.isUnknown?.(request) === true) return UNKNOWN;
      return fact.read(request)?.some(values.test) === true ? TRUE : FALSE;
    },
    describeFact(request) {
      const found = fact.read(request);
      if (found === undefined || found.length === 0) return { text: fact.name, isAbsent: true };
      return { text: `${fact.name} ${describeList(found, quoted)}`, isAbsent: false };
    },
  };
}

export interface AddressFact {
  readonly name: string;
  read(request: PolicyRequest): string | null;
  readonly unknowable: number;
}

/** A block or an address that makes no sense leaves the comparison undecided, never simply unmatched. */
export function compareAddress(fact: AddressFact, blocks: readonly string[]): Comparison {
  const set = prepareAddresses(blocks);
  const read = (request: PolicyRequest): string | null => {
    const text = fact.read(request);
    return text === null ? null : (parseAddress(text)?.bits ?? null);
  };
  return {
    name: fact.name,
    values: describeList(blocks, quoted),
    needsRegexEngine: false,
    key: set.isIncomplete
      ? undefined
      : { dimension: fact.name, keys: set.prefixes.map((prefix) => ({ prefix })), read },
    evaluate(request) {
      if (isUnknown(request, fact.unknowable)) return UNKNOWN;
      const text = fact.read(request);
      if (text === null) return FALSE;
      const parsed = parseAddress(text);
      if (parsed === undefined) return UNKNOWN;
      if (set.includes(parsed.address)) return TRUE;
      return set.isIncomplete ? UNKNOWN : FALSE;
    },
    describeFact(request) {
      const text = fact.read(request);
      return { text: text === null ? fact.name : `${fact.name} ${text}`, isAbsent: text === null };
    },
  };
}

/** Destination ports. */
export function comparePort(ports: readonly number[], unknowable: number): Comparison {
  const known = new Set(ports);
  return {
    name: 'port',
    values: describeList(ports, String),
    needsRegexEngine: false,
    key: undefined,
    evaluate(request) {
      if (isUnknown(request, unknowable)) return UNKNOWN;
      return known.has(request.facts.port) ? TRUE : FALSE;
    },
    describeFact: (request) => ({ text: `port ${request.facts.port}`, isAbsent: false }),
  };
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 120 ? `${text.slice(0, 120)}…` : text);
}
