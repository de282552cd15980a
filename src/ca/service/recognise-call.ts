import { type ServerDuplexStream, type ServerUnaryCall, status } from '@grpc/grpc-js';
import type { Caller } from '../callers/caller.ts';
import { recognise } from '../callers/recognise.ts';
import type { CaServices } from './ca-services.ts';
import { CallError } from './call-error.ts';

type Call = ServerUnaryCall<unknown, unknown> | ServerDuplexStream<unknown, unknown>;

/** Who calls; throws the gRPC error where that is nobody known. */
export async function recogniseCall(call: Call, services: CaServices): Promise<Caller> {
  // Checked before the token: also refusing costs a signature check.
  if (!services.totalLimit.take('')) throw new CallError(status.RESOURCE_EXHAUSTED, 'too many requests');
  const authorization = call.metadata.get('authorization').map(String);
  const certificate = call.getAuthContext().sslPeerCertificate?.raw;
  const caller = await recognise({ authorization, certificate }, services);
  if (caller.identity !== undefined) return caller;
  services.ca.log('caller-refused', { peer: call.getPeer(), why: caller.why });
  throw new CallError(caller.isTemporary === true ? status.UNAVAILABLE : status.UNAUTHENTICATED, caller.why);
}
