import { type StatusObject, status } from '@grpc/grpc-js';
import { CaError } from '../ca-error.ts';
import { CsrError } from '../x509/verify-csr.ts';

/** An error that the caller is told as it is. */
export class CallError extends Error {
  override readonly name = 'CallError';
  readonly code: status;

  constructor(code: status, message: string) {
    super(message);
    this.code = code;
  }
}

/** The gRPC answer to an error. What is not meant for callers stays here. */
export function statusOf(error: unknown): Pick<StatusObject, 'code' | 'details'> {
  if (error instanceof CallError) return { code: error.code, details: error.message };
  if (error instanceof CsrError) return { code: status.INVALID_ARGUMENT, details: error.message };
  if (error instanceof CaError) {
    if (error.reason === 'bad-request') return { code: status.INVALID_ARGUMENT, details: error.message };
    if (error.reason === 'not-ready') return { code: status.UNAVAILABLE, details: error.message };
  }
  return { code: status.INTERNAL, details: 'the CA failed; its log says why' };
}
