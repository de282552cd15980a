import type { Any } from '@bufbuild/protobuf/wkt';
import type { FaultConfig } from '../../engine/config.ts';
import { packed } from '../any.ts';
import { milliseconds } from '../durations.ts';
import { partsPerMillion } from '../fractions.ts';
import { HTTPFaultSchema } from '../gen/envoy/extensions/filters/http/fault/v3/fault_pb.ts';

export function fault({ delay, abort }: FaultConfig): Any {
  return packed(HTTPFaultSchema, {
    ...(delay === undefined
      ? {}
      : {
          delay: {
            faultDelaySecifier: { case: 'fixedDelay', value: milliseconds(delay.fixedMs) },
            percentage: partsPerMillion(delay.partsPerMillion),
          },
        }),
    ...(abort === undefined
      ? {}
      : {
          abort: {
            errorType:
              abort.grpcStatus === undefined
                ? { case: 'httpStatus', value: abort.status }
                : { case: 'grpcStatus', value: abort.grpcStatus },
            percentage: partsPerMillion(abort.partsPerMillion),
          },
        }),
  });
}
