import { type handleUnaryCall, status } from '@grpc/grpc-js';
import { formatSpiffeId } from '../spiffe-id.ts';
import { verifyCsr } from '../x509/verify-csr.ts';
import type { CaServices } from './ca-services.ts';
import { CallError, statusOf } from './call-error.ts';
import type { CertificateRequest, CertificateResponse } from './certificate-messages.ts';
import { MAX_PROXY_ID_LENGTH, PROXY_ID_KEY } from './definitions.ts';
import { recogniseCall } from './recognise-call.ts';

/** Signs a workload's key for the identity that its caller has proven, whatever the request says. */
export function createCertificate(services: CaServices): handleUnaryCall<CertificateRequest, CertificateResponse> {
  const { ca, ledger, identityLimit } = services;
  return async (call, callback) => {
    try {
      const { identity, by } = await recogniseCall(call, services);
      const spiffeId = formatSpiffeId(identity);
      if (!identityLimit.take(spiffeId)) throw new CallError(status.RESOURCE_EXHAUSTED, 'too many requests');
      const { csr, validityS, metadata } = call.request;
      const proxyId = metadata[PROXY_ID_KEY] ?? '';
      if (proxyId.length > MAX_PROXY_ID_LENGTH)
        throw new CallError(status.INVALID_ARGUMENT, 'the proxy id is too long');
      const leaf = await ca.issueWorkload(verifyCsr(csr), identity, validityS * 1000);
      const { serial, issuerId, notAfterMs } = leaf;
      await ledger.record({ identity: spiffeId, proxyId, issuer: issuerId, notAfterMs }, ca.now());
      ca.log('certificate-issued', { identity: spiffeId, by, serial, issuer: issuerId, notAfterMs });
      callback(null, { certChain: leaf.chain });
    } catch (error) {
      const answer = statusOf(error);
      if (answer.code === status.INTERNAL) ca.log('request-failed', { why: String(error) });
      callback(answer);
    }
  };
}
