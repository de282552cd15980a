import type { MessageInitShape } from '@bufbuild/protobuf';
import type { CidrRangeSchema } from '../gen/envoy/config/core/v3/address_pb.ts';

/** An address or a block of addresses: `10.0.0.1`, `10.0.0.0/8`, `fd00::/8`. */
export function addressRange(text: string): MessageInitShape<typeof CidrRangeSchema> {
  const [addressPrefix = '', length] = text.split('/');
  const whole = addressPrefix.includes(':') ? 128 : 32;
  return { addressPrefix, prefixLen: length === undefined ? whole : Number(length) };
}
