import type { MethodDefinition } from '@grpc/grpc-js';
import {
  type CertificateRequest,
  type CertificateResponse,
  decodeCertificateRequest,
  decodeCertificateResponse,
  encodeCertificateRequest,
  encodeCertificateResponse,
} from './certificate-messages.ts';
import {
  decodeTrustReport,
  decodeTrustUpdate,
  encodeTrustReport,
  encodeTrustUpdate,
  type TrustReport,
  type TrustUpdate,
} from './trust-messages.ts';

/** Istio's name, so that its agents can ask here and ours there. */
export const CREATE_CERTIFICATE: MethodDefinition<CertificateRequest, CertificateResponse> = {
  path: '/istio.v1.auth.IstioCertificateService/CreateCertificate',
  requestStream: false,
  responseStream: false,
  requestSerialize: encodeCertificateRequest,
  requestDeserialize: decodeCertificateRequest,
  responseSerialize: encodeCertificateResponse,
  responseDeserialize: decodeCertificateResponse,
};

export const FOLLOW_TRUST: MethodDefinition<TrustReport, TrustUpdate> = {
  path: '/foresail.ca.v1.TrustService/Follow',
  requestStream: true,
  responseStream: true,
  requestSerialize: encodeTrustReport,
  requestDeserialize: decodeTrustReport,
  responseSerialize: encodeTrustUpdate,
  responseDeserialize: decodeTrustUpdate,
};

/** The key in a request's metadata under which our agents say which proxy they serve. */
export const PROXY_ID_KEY = 'foresail.proxyId';
export const MAX_PROXY_ID_LENGTH = 256;
