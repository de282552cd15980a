import type { ServingConfig } from '../../engine/serving.ts';
import type { Finding } from '../../resources/finding.ts';
import { describeOrigin } from '../../resources/origin.ts';
import type { CaseTokens } from './case-tokens.ts';
import type { CaseFile } from './cases.ts';
import { runRequestCase } from './run-case.ts';
import { seededRandom } from './seeded-random.ts';

export interface CaseResult {
  readonly name: string;
  /** What is not fulfilled, in words; empty when the case passes. */
  readonly problems: readonly string[];
  readonly tookMs: number;
  /** Of the request, as one would ask about it. */
  readonly request: string | undefined;
}

export interface CaseSubject {
  readonly serving: ServingConfig;
  /** All that was said about the resources, by the reader and by the mesh. */
  readonly findings: readonly Finding[];
  readonly tokens: CaseTokens;
}

/** Every case of a file, one after the other. */
export async function runCaseFile(file: CaseFile, subject: CaseSubject): Promise<CaseResult[]> {
  const results: CaseResult[] = [];
  if (file.findings !== undefined) {
    const problems = findingProblems(file.findings, subject.findings);
    results.push({ name: 'has just these findings', problems, tookMs: 0, request: undefined });
  }
  for (const requestCase of file.requests ?? []) {
    const startedAtMs = performance.now();
    const problems = await problemsOf(requestCase, file, subject);
    const tookMs = performance.now() - startedAtMs;
    results.push({ name: requestCase.name, problems, tookMs, request: requestLine(requestCase.request) });
  }
  return results;
}

async function problemsOf(
  requestCase: NonNullable<CaseFile['requests']>[number],
  { options }: CaseFile,
  { serving, tokens }: CaseSubject,
): Promise<string[]> {
  try {
    return await runRequestCase(serving, requestCase, {
      random: seededRandom(1),
      gatewayPort: options?.gatewayPort,
      sign: tokens.sign,
    });
  } catch (error) {
    return [`the request cannot be made: ${error instanceof Error ? error.message : String(error)}`];
  }
}

function findingProblems(expected: readonly string[], findings: readonly Finding[]): string[] {
  const told = new Set(
    findings.filter(({ level }) => level !== 'Info').map(({ code, origin }) => `${code} ${describeOrigin(origin)}`),
  );
  return [
    ...expected.filter((one) => !told.has(one)).map((one) => `missing: ${one}`),
    ...[...told].filter((one) => !expected.includes(one)).map((one) => `not expected: ${one}`),
  ];
}

function requestLine(request: NonNullable<CaseFile['requests']>[number]['request']): string {
  if (typeof request === 'string') return request.includes(' ') ? request : `GET ${request}`;
  const headers = Object.entries(request.headers ?? {})
    .filter(([name]) => !/^(authorization|cookie)$/i.test(name))
    .map(([name, value]) => ` -H '${name}: ${[value].flat().join(', ')}'`);
  return `${request.method ?? 'GET'} ${request.url}${headers.join('')}`;
}
