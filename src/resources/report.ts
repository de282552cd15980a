import type { Finding } from './finding.ts';
import { finding, messages } from './finding-messages.ts';
import type { Origin } from './origin.ts';
import type { FieldPath } from './resource.ts';

/**
 * What the semantic validators of one object write to. An error refuses the object, as Istio's webhook would;
 * a warning keeps it.
 */
export class Report {
  readonly findings: Finding[] = [];
  readonly #originOf: (path: FieldPath) => Origin;
  #refused = false;

  constructor(originOf: (path: FieldPath) => Origin) {
    this.#originOf = originOf;
  }

  /** Whether an error was reported. */
  get refused(): boolean {
    return this.#refused;
  }

  error(path: FieldPath, problem: string): void {
    this.#refused = true;
    this.findings.push(finding(messages.SchemaValidationError, this.#originOf(path), { err: problem }));
  }

  warning(path: FieldPath, problem: string): void {
    this.findings.push(finding(messages.SchemaWarning, this.#originOf(path), { err: problem }));
  }

  deprecated(path: FieldPath, detail: string): void {
    this.findings.push(finding(messages.Deprecated, this.#originOf(path), { detail }));
  }
}
