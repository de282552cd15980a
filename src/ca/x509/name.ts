import { objectIdentifier, sequence, TAG, tlv, utf8String } from './der.ts';

/** An X.501 name of one organisation, as Istio's root has; or no name at all. */
export function organizationName(organization: string): Buffer {
  return sequence(tlv(TAG.set, sequence(objectIdentifier('2.5.4.10'), utf8String(organization))));
}

export const EMPTY_NAME: Uint8Array = sequence();
