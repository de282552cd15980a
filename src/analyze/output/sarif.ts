import type { FindingLevel } from '../../resources/finding.ts';
import { documentationOf, messages } from '../../resources/finding-messages.ts';
import { describeOrigin } from '../../resources/origin.ts';
import type { AnalysisFinding } from '../analysis-finding.ts';

const LEVELS: Readonly<Record<FindingLevel, string>> = { Error: 'error', Warning: 'warning', Info: 'note' };

/** SARIF 2.1.0, as code scanning services read it. */
export function sarifLog(findings: readonly AnalysisFinding[], version: string): object {
  const codes = [...new Set(findings.map(({ code }) => code))].sort();
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'foresail analyze', version, rules: codes.map(ruleOf) } },
        results: findings.map((finding) => resultOf(finding, codes.indexOf(finding.code))),
      },
    ],
  };
}

function ruleOf(code: string): object {
  const message = Object.values(messages).find((entry) => entry.code === code);
  return {
    id: code,
    name: message?.name ?? code,
    shortDescription: { text: message?.template ?? code },
    helpUri: documentationOf(code),
    defaultConfiguration: { level: LEVELS[message?.level ?? 'Warning'] },
  };
}

function resultOf({ code, level, message, fix, origin, place }: AnalysisFinding, ruleIndex: number): object {
  const region =
    place.line === undefined
      ? {}
      : { region: { startLine: place.line, ...(place.column === undefined ? {} : { startColumn: place.column }) } };
  return {
    ruleId: code,
    ruleIndex,
    level: LEVELS[level],
    message: { text: fix === undefined ? message : `${message} ${fix}` },
    locations: [
      {
        ...(place.file === undefined
          ? {}
          : { physicalLocation: { artifactLocation: { uri: uriOf(place.file) }, ...region } }),
        logicalLocations: [{ fullyQualifiedName: describeOrigin(origin), kind: 'object' }],
      },
    ],
  };
}

function uriOf(file: string): string {
  return file.split('/').map(encodeURIComponent).join('/');
}
