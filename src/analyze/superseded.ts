import { messages } from '../resources/finding-messages.ts';
import type { AnalysisFinding } from './analysis-finding.ts';
import { objectKey } from './parse-findings.ts';

/** What the mesh passes say although one of Istio's codes says it too: that two Gateways want the same host. */
export function withoutSuperseded(findings: readonly AnalysisFinding[]): AnalysisFinding[] {
  const conflicting = new Set(
    findings.filter(({ code }) => code === messages.ConflictingGateways.code).map(({ origin }) => objectKey(origin)),
  );
  return findings.filter(
    ({ code, origin }) => code !== messages.GatewayServerRejected.code || !conflicting.has(objectKey(origin)),
  );
}
