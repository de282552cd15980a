import type { MessageInitShape } from '@bufbuild/protobuf';
import { FractionalPercent_DenominatorType, type FractionalPercentSchema } from './gen/envoy/type/v3/percent_pb.ts';

export function partsPerMillion(numerator: number): MessageInitShape<typeof FractionalPercentSchema> {
  return { numerator, denominator: FractionalPercent_DenominatorType.MILLION };
}

export const ALWAYS: MessageInitShape<typeof FractionalPercentSchema> = {
  numerator: 100,
  denominator: FractionalPercent_DenominatorType.HUNDRED,
};
