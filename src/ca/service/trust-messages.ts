import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { eachField } from '../each-field.ts';

/**
 * Foresail's own service beside Istio's: an agent follows the trust bundle, and says what its Envoy has taken. So a root
 * rotation knows when it may go on.
 *
 *     service foresail.ca.v1.TrustService { rpc Follow(stream TrustReport) returns (stream TrustUpdate); }
 *     message TrustReport { string proxy_id = 1; string bundle_hash = 2; string issuer = 3; bool leaving = 4; }
 *     message TrustUpdate { string bundle_pem = 1; string bundle_hash = 2; string crl_pem = 3; string issuer = 4; }
 */
export interface TrustReport {
  readonly proxyId: string;
  /** The bundle that the proxy uses; empty: none yet. */
  readonly bundleHash: string;
  /** The issuer of the certificate that the proxy uses: the head of its fingerprint. */
  readonly issuer: string;
  /** The proxy ends, and its key with it. */
  readonly leaving: boolean;
}

export interface TrustUpdate {
  readonly bundlePem: string;
  readonly bundleHash: string;
  /** Empty: nothing is revoked. */
  readonly crlPem: string;
  /** Who signs now. A leaf of another issuer is to be renewed. */
  readonly issuer: string;
}

export function encodeTrustReport({ proxyId, bundleHash, issuer, leaving }: TrustReport): Buffer {
  const writer = new BinaryWriter().tag(1, 2).string(proxyId).tag(2, 2).string(bundleHash).tag(3, 2).string(issuer);
  return Buffer.from(writer.tag(4, 0).bool(leaving).finish());
}

export function decodeTrustReport(bytes: Uint8Array): TrustReport {
  const report = { proxyId: '', bundleHash: '', issuer: '', leaving: false };
  eachField(bytes, (field, reader) => {
    if (field === 1) report.proxyId = reader.string();
    else if (field === 2) report.bundleHash = reader.string();
    else if (field === 3) report.issuer = reader.string();
    else if (field === 4) report.leaving = reader.bool();
    else return false;
    return true;
  });
  return report;
}

export function encodeTrustUpdate({ bundlePem, bundleHash, crlPem, issuer }: TrustUpdate): Buffer {
  const writer = new BinaryWriter().tag(1, 2).string(bundlePem).tag(2, 2).string(bundleHash);
  return Buffer.from(writer.tag(3, 2).string(crlPem).tag(4, 2).string(issuer).finish());
}

export function decodeTrustUpdate(bytes: Uint8Array): TrustUpdate {
  const update = { bundlePem: '', bundleHash: '', crlPem: '', issuer: '' };
  eachField(bytes, (field, reader) => {
    if (field === 1) update.bundlePem = reader.string();
    else if (field === 2) update.bundleHash = reader.string();
    else if (field === 3) update.crlPem = reader.string();
    else if (field === 4) update.issuer = reader.string();
    else return false;
    return true;
  });
  return update;
}
