import type { Finding } from './finding.ts';
import { finding, messages } from './finding-messages.ts';
import { MAX_FINDINGS_PER_OBJECT } from './limits.ts';
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

  /** Whether nothing more is kept: an object with this many mistakes is not helped by more. */
  get isFull(): boolean {
    return this.findings.length >= MAX_FINDINGS_PER_OBJECT;
  }

  error(path: FieldPath, problem: string): void {
    this.#refused = true;
    if (this.isFull) return;
    this.findings.push(finding(messages.SchemaValidationError, this.#originOf(path), { err: problem }));
  }

  warning(path: FieldPath, problem: string): void {
    if (this.isFull) return;
    this.findings.push(finding(messages.SchemaWarning, this.#originOf(path), { err: problem }));
  }

  deprecated(path: FieldPath, detail: string): void {
    if (this.isFull) return;
    this.findings.push(finding(messages.Deprecated, this.#originOf(path), { detail: detail }));
  }
}
