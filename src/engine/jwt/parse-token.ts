import { decodeText, isBase64url, withoutPadding, withoutSpaces } from './base64url.ts';
import type { TokenFailure } from './failure.ts';
import { MAX_TOKEN_LENGTH } from './limits.ts';

/** A token taken apart and checked for its form; nothing of it is to be trusted yet. */
export interface ParsedToken {
  /** The three sections without anything around them. */
  readonly compact: string;
  /** As sent: base64url. */
  readonly payloadSection: string;
  readonly signatureSection: string;
  readonly algorithm: string;
  readonly keyId: string;
  /** `crit` names extensions that must be understood; none is. */
  readonly hasCriticalExtensions: boolean;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly issuer: string;
  readonly audiences: readonly string[];
  /** Seconds; 0 when the claim is absent, which Envoy treats alike. */
  readonly notBefore: number;
  readonly expires: number;
}

const ALGORITHMS: ReadonlySet<string> = new Set(
  'RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 HS256 HS384 HS512 EdDSA'.split(' '),
);

/** The checks, and the order of the checks, of the parser that Envoy's jwt_authn uses. */
export function parseToken(token: string): ParsedToken | TokenFailure {
  if (token.length > MAX_TOKEN_LENGTH) return 'bad-format';
  // Envoy leaves out empty sections before it counts. The limit keeps a string of dots cheap.
  const sections = token.split('.', 16).filter((section) => section !== '');
  const [headerSection, payloadSection, signatureText] = sections;
  if (headerSection === undefined || payloadSection === undefined || signatureText === undefined) {
    return 'bad-format';
  }
  if (sections.length !== 3) return 'bad-format';

  if (!isBase64url(headerSection)) return 'header-base64';
  const header = parseObject(headerSection);
  if (header === undefined) return 'header-json';
  const algorithm = member(header, 'alg');
  if (typeof algorithm !== 'string') return 'header-alg';
  if (!ALGORITHMS.has(algorithm)) return 'header-alg-unsupported';
  const keyId = member(header, 'kid');
  if (keyId !== undefined && typeof keyId !== 'string') return 'header-kid';

  if (!isBase64url(payloadSection)) return 'payload-base64';
  const payload = parseObject(payloadSection);
  if (payload === undefined) return 'payload-json';
  const issuer = member(payload, 'iss');
  if (issuer !== undefined && typeof issuer !== 'string') return 'payload-iss';
  if (!isAbsentOrString(member(payload, 'sub'))) return 'payload-sub';
  const issuedAt = timeOf(payload, 'iat');
  if (typeof issuedAt === 'string') return issuedAt;
  const notBefore = timeOf(payload, 'nbf');
  if (typeof notBefore === 'string') return notBefore;
  const expires = timeOf(payload, 'exp');
  if (typeof expires === 'string') return expires;
  if (!isAbsentOrString(member(payload, 'jti'))) return 'payload-jti';
  const audiences = audiencesOf(member(payload, 'aud'));
  if (audiences === undefined) return 'payload-aud';
  if (!isBase64url(signatureText)) return 'signature-base64';
  // What is signed is taken to the letter, the signature itself is only decoded.
  const signatureSection = withoutSpaces(signatureText);

  const clean = sections.length === 3 && token.length === lengthOf(headerSection, payloadSection, signatureSection);
  return {
    compact:
      clean && !token.includes('=')
        ? token
        : [headerSection, payloadSection, signatureSection].map(withoutPadding).join('.'),
    payloadSection,
    signatureSection: withoutPadding(signatureSection),
    algorithm,
    keyId: keyId ?? '',
    hasCriticalExtensions: member(header, 'crit') !== undefined,
    payload,
    issuer: issuer ?? '',
    audiences,
    notBefore,
    expires,
  };
}

function lengthOf(header: string, payload: string, signature: string): number {
  return header.length + payload.length + signature.length + 2;
}

function parseObject(section: string): Record<string, unknown> | undefined {
  const text = decodeText(section);
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

function member(object: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

function isAbsentOrString(value: unknown): boolean {
  return value === undefined || typeof value === 'string';
}

function timeOf(payload: Readonly<Record<string, unknown>>, name: 'iat' | 'nbf' | 'exp'): number | TokenFailure {
  const value = member(payload, name);
  if (value === undefined) return 0;
  if (typeof value !== 'number') return `payload-${name}`;
  if (value < 0 || value >= 2 ** 64) return `payload-${name}-range`;
  return Math.floor(value);
}

function audiencesOf(value: unknown): readonly string[] | undefined {
  if (value === undefined) return [];
  if (typeof value === 'string') return [value];
  if (!Array.isArray(value)) return undefined;
  return value.every((item): item is string => typeof item === 'string') ? value : undefined;
}
