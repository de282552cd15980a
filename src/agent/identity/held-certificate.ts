import type { KeyObject } from 'node:crypto';

/** The workload's certificate and its key, which is nowhere but here and in Envoy. */
export interface HeldCertificate {
  readonly privateKey: KeyObject;
  /** PEM, leaf first; the root is not part of it. */
  readonly chainPem: string;
  readonly spiffeId: string;
  readonly serial: string;
  /** The CA's name of the certificate that signed it. */
  readonly issuer: string;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  readonly receivedAtMs: number;
}
