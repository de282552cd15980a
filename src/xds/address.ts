import type { MessageInitShape } from '@bufbuild/protobuf';
import type { AddressSchema, SocketAddressSchema } from './gen/envoy/config/core/v3/address_pb.ts';

/** An IP address with its port. */
export interface HostPort {
  readonly address: string;
  readonly port: number;
}

export function socketAddress({ address, port }: HostPort): MessageInitShape<typeof SocketAddressSchema> {
  // Where everything of IPv6 is meant, so is everything of IPv4.
  return { address, portSpecifier: { case: 'portValue', value: port }, ipv4Compat: address === '::' };
}

export function addressOf(hostPort: HostPort): MessageInitShape<typeof AddressSchema> {
  return { address: { case: 'socketAddress', value: socketAddress(hostPort) } };
}
