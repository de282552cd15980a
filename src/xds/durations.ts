import { type Duration, durationFromMs } from '@bufbuild/protobuf/wkt';

export function milliseconds(value: number): Duration {
  return durationFromMs(value);
}

/** In Envoy's words most often: no limit. */
export const NO_TIME: Duration = durationFromMs(0);
