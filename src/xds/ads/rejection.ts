import type { ConfigOrigin } from '../../engine/values.ts';
import type { XdsResource } from '../resource.ts';

/** A client's refusal of what it was sent (a NACK). It goes on with what it had. */
export interface Rejection {
  readonly client: string;
  readonly typeUrl: string;
  /** The client's own words. */
  readonly message: string;
  /** What it is about, as far as that can be told. */
  readonly suspects: readonly { readonly name: string; readonly origin: ConfigOrigin | undefined }[];
}

/** Envoy names most resources that it rejects; where it does not, any of those just sent may be meant. */
export function rejection(client: string, typeUrl: string, message: string, sent: readonly XdsResource[]): Rejection {
  const named = sent.filter(({ name }) => message.includes(name));
  const suspects = (named.length > 0 ? named : sent).map(({ name, origin }) => ({ name, origin }));
  return { client, typeUrl, message, suspects };
}
