import { documentationOf } from '../../resources/finding-messages.ts';
import { describeOrigin } from '../../resources/origin.ts';
import type { AnalysisFinding } from '../analysis-finding.ts';

/** A finding under istioctl's keys. */
export interface FindingRecord {
  readonly code: string;
  readonly documentationUrl: string;
  readonly fix?: string;
  readonly level: string;
  readonly message: string;
  readonly origin: string;
  readonly reference?: string;
}

export function toRecord({ code, fix, level, message, origin }: AnalysisFinding): FindingRecord {
  const { file, line } = origin;
  return {
    code,
    documentationUrl: documentationOf(code),
    ...(fix === undefined ? {} : { fix }),
    level,
    message,
    origin: origin.name === '' ? '' : describeOrigin(origin),
    ...(file === undefined ? {} : { reference: line === undefined ? file : `${file}:${line}` }),
  };
}
