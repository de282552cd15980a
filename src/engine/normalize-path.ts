import type { SettingsConfig } from './config.ts';

/**
 * meshConfig.pathNormalization (ISTIO.md 1.0), as Envoy 1.40 does it. The result is what routes and policies see and
 * what is forwarded.
 *
 * BASE: percent-encoded unreserved characters are decoded (RFC 3986 §6.2.2.2), characters that no path may hold are
 * encoded, `\` becomes `/`, dot segments are removed (§6.2.2.3). MERGE_SLASHES then folds `//`.
 * DECODE_AND_MERGE_SLASHES decodes `%2F` and `%5C` before all that.
 */
export type PathNormalization = SettingsConfig['pathNormalization'];

/** `path`: without query and fragment. */
export function normalizePath(path: string, mode: PathNormalization): string {
  if (mode === 'NONE' || isNormal(path, mode) || !path.startsWith('/')) return path;
  let result = path;
  if (mode === 'DECODE_AND_MERGE_SLASHES') result = result.replace(/%2f|%5c/gi, decodeByte);
  if (result.includes(';')) result = result.replace(DOTS_WITH_PARAMETERS, '$1');
  result = result.replace(UNRESERVED_ESCAPE, decodeByte).replaceAll('\\', '/').replace(FORBIDDEN, encodeByte);
  result = removeDotSegments(result);
  return mode === 'BASE' ? result : mergeSlashes(result);
}

/** A path with an encoded NUL cannot be normalised: Envoy answers 400. */
export function isUnnormalizable(path: string, mode: PathNormalization): boolean {
  return mode !== 'NONE' && path.includes('%00');
}

/** Slashes and nothing else stay two: Envoy keeps the first and the last of a path. */
function mergeSlashes(path: string): string {
  return /^\/{2,}$/.test(path) ? '//' : path.replace(/\/{2,}/g, '/');
}

/** Some servers take `..;x` for `..`: so does Envoy, as long as the dots are not encoded. */
const DOTS_WITH_PARAMETERS = /(?<=\/)(\.\.?);[^/]*/g;

const FORBIDDEN = /["<>^`{|}]/g;

function encodeByte(char: string): string {
  return `%${char.charCodeAt(0).toString(16).toUpperCase()}`;
}

/** %41-5A %61-7A %30-39 %2D %2E %5F %7E */
const UNRESERVED_ESCAPE = /%(?:4[1-9a-f]|5[0-9af]|6[1-9a-f]|7[0-9ae]|3[0-9]|2[de])/gi;

function decodeByte(escaped: string): string {
  return String.fromCharCode(Number.parseInt(escaped.slice(1), 16));
}

/** Most paths need nothing; finding that out must cost nothing. */
function isNormal(path: string, mode: PathNormalization): boolean {
  if (path.charCodeAt(0) !== 47) return false;
  for (let i = 0; i < path.length; i++) {
    const code = path.charCodeAt(i);
    if (code === 37 /* % */ || code === 92 /* \ */ || isForbidden(code)) return false;
    if (code === 46 /* . */ && path.charCodeAt(i - 1) === 47) return false;
    if (code === 47 && i > 0 && mode !== 'BASE' && path.charCodeAt(i - 1) === 47) return false;
  }
  return true;
}

/** The characters of FORBIDDEN. */
function isForbidden(code: number): boolean {
  if (code < 94) return code === 34 || code === 60 || code === 62;
  return code === 94 || code === 96 || (code > 122 && code < 126);
}

/** RFC 3986 §5.2.4; climbing above the root ends at the root. */
function removeDotSegments(path: string): string {
  if (!path.includes('/.')) return path;
  const output: string[] = [];
  const segments = path.slice(1).split('/');
  for (let i = 0; i < segments.length; i++) {
    const segment = segments[i] as string;
    const isLast = i === segments.length - 1;
    if (segment === '.') {
      if (isLast) output.push('');
    } else if (segment === '..') {
      output.pop();
      if (isLast) output.push('');
    } else {
      output.push(segment);
    }
  }
  return `/${output.join('/')}`;
}
