import type { MessageInitShape } from '@bufbuild/protobuf';
import type { PrincipalSchema } from '../gen/envoy/config/rbac/v3/rbac_pb.ts';
import type { MetadataMatcherInit } from '../match/claim-matcher.ts';

export type PrincipalInit = MessageInitShape<typeof PrincipalSchema>;

export function ofMetadata(value: MetadataMatcherInit): PrincipalInit {
  return { identifier: { case: 'metadata', value } };
}
