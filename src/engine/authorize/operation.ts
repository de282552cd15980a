import type { OperationConfig } from '../policy-config.ts';
import { type Clause, clausePair } from './clause.ts';
import { comparePort, compareText, type TextFact } from './comparisons.ts';
import { Unknowable } from './policy-request.ts';

const path: TextFact = { name: 'path', dimension: 'path', read: (request) => request.path };

const method: TextFact = {
  name: 'method',
  dimension: 'method',
  emptyIsPresent: true,
  read: (request) => request.facts.method,
};

/** Envoy compares `:authority` without case, port included. */
const host: TextFact = {
  name: 'host',
  dimension: 'host',
  lowerCase: true,
  emptyIsPresent: true,
  read: (request) => request.facts.authority.toLowerCase(),
};

/** `to[].operation`: all of its fields must hold. */
export function operationClauses(operation: OperationConfig): Clause[] {
  return [
    ...clausePair(operation.paths, operation.notPaths, (values) => compareText(path, values)),
    ...clausePair(operation.methods, operation.notMethods, (values) => compareText(method, values)),
    ...clausePair(operation.hosts, operation.notHosts, (values) => compareText(host, values)),
    ...clausePair(operation.ports, operation.notPorts, (values) => comparePort(values, Unknowable.destinationPort)),
  ];
}
