import type { JwtRuleConfig } from '../policy-config.ts';
import type { ParsedToken } from './parse-token.ts';
import { claimAt } from './token.ts';

export interface TokenOutputs {
  /** Lower-case names: taken off every request, so that nobody but a verified token can set them. */
  readonly names: readonly string[];
  of(token: ParsedToken): readonly (readonly [name: string, value: string])[];
}

export function prepareOutputs(rule: JwtRuleConfig): TokenOutputs {
  const payloadHeader = rule.outputPayloadToHeader?.toLowerCase();
  const claimHeaders = rule.outputClaimToHeaders.map(({ header, claim }) => ({ header: header.toLowerCase(), claim }));
  const names = claimHeaders.map(({ header }) => header);
  if (payloadHeader !== undefined) names.push(payloadHeader);
  return {
    names,
    of(token) {
      const outputs: [string, string][] = [];
      if (payloadHeader !== undefined) outputs.push([payloadHeader, token.payloadSection]);
      for (const { header, claim } of claimHeaders) {
        const text = headerText(claimAt(token.payload, claim));
        if (text !== undefined) outputs.push([header, text]);
      }
      return outputs;
    },
  };
}

/** As Envoy writes a claim into a header; undefined when there is nothing to write. */
export function headerText(claim: unknown): string | undefined {
  switch (typeof claim) {
    case 'string':
      return claim === '' ? undefined : valueText(claim);
    case 'boolean':
      return String(claim);
    case 'number':
      return numberText(claim);
    case 'object':
      return claim === null ? undefined : jsonText(claim);
    default:
      return undefined;
  }
}

/** Envoy holds numbers as doubles: whole ones that fit 64 bits are written as such, all others like C's `%f`. */
function numberText(value: number): string {
  if (Number.isInteger(value)) {
    if (value >= 0 && value < 2 ** 64) return BigInt(value).toString();
    if (Math.abs(value) >= 1e21) return `${BigInt(value)}.000000`;
  }
  return value.toFixed(6);
}

/** Lists and objects: base64 of their JSON. */
function jsonText(value: object): string | undefined {
  try {
    return btoa(utf8Bytes(JSON.stringify(value)));
  } catch {
    // Nested deeper than the stack reaches.
    return undefined;
  }
}

/**
 * Envoy sends claims in UTF-8. workerd encodes header values so by itself (tried: `é` leaves as c3 a9); elsewhere, by
 * the Fetch standard, they are strings of bytes and wide characters are refused.
 */
function headersEncodeText(): boolean {
  encodesText ??= takesWideCharacters();
  return encodesText;
}

/** Found out when it is first asked: Node loads all of its fetch for the first Headers. */
let encodesText: boolean | undefined;

function takesWideCharacters(): boolean {
  try {
    new Headers([['x', '€']]);
    return true;
  } catch {
    return false;
  }
}

/** Line breaks and NUL cannot stand in a header value. */
function valueText(text: string): string | undefined {
  if (/[\0\r\n]/.test(text)) return undefined;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the whole of ASCII
  return /^[\x00-\x7f]*$/.test(text) || headersEncodeText() ? text : utf8Bytes(text);
}

function utf8Bytes(text: string): string {
  let bytes = '';
  for (const byte of new TextEncoder().encode(text)) bytes += String.fromCharCode(byte);
  return bytes;
}
