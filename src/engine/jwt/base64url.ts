import * as base64url from 'jose/base64url';

const BASE64URL = /^[A-Za-z0-9_-]*={0,2}$/;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** RFC 4648 §5 with or without padding, as Envoy's decoder takes it: it passes over white space. */
export function isBase64url(text: string): boolean {
  const section = withoutSpaces(text);
  if (!BASE64URL.test(section)) return false;
  const padding = section.endsWith('==') ? 2 : section.endsWith('=') ? 1 : 0;
  return padding === 0 ? section.length % 4 !== 1 : section.length % 4 === 0;
}

/** The text of a section that `isBase64url`; undefined when its bytes are not UTF-8. */
export function decodeText(section: string): string | undefined {
  try {
    return utf8.decode(base64url.decode(withoutPadding(withoutSpaces(section))));
  } catch {
    return undefined;
  }
}

export function withoutPadding(section: string): string {
  if (!section.endsWith('=')) return section;
  return section.slice(0, section.indexOf('='));
}

const SPACES = /[\t-\r ]+/g;

export function withoutSpaces(section: string): string {
  return section.search(SPACES) === -1 ? section : section.replace(SPACES, '');
}
