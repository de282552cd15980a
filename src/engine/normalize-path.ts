import type { SettingsConfig } from './config.ts';

/**
 * meshConfig.pathNormalization (ISTIO.md 1.0). The result is what routes and policies see and what is forwarded.
 *
 * BASE: percent-encoded unreserved characters are decoded (RFC 3986 §6.2.2.2), `\` becomes `/`, dot segments are
 * removed (§6.2.2.3). MERGE_SLASHES also folds `//`. DECODE_AND_MERGE_SLASHES first decodes `%2F` and `%5C`.
 */
export type PathNormalization = SettingsConfig['pathNormalization'];

/** `path`: without query and fragment. */
export function normalizePath(path: string, mode: PathNormalization): string {
  if (mode === 'NONE' || isNormal(path, mode) || !path.startsWith('/')) return path;
  let result = path;
  if (mode === 'DECODE_AND_MERGE_SLASHES') result = result.replace(/%2f|%5c/gi, decodeByte);
  result = result.replace(UNRESERVED_ESCAPE, decodeByte).replaceAll('\\', '/');
  if (mode !== 'BASE') result = result.replace(/\/{2,}/g, '/');
  return removeDotSegments(result);
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
    if (code === 37 /* % */ || code === 92 /* \ */) return false;
    if (code === 46 /* . */ && path.charCodeAt(i - 1) === 47) return false;
    if (code === 47 && i > 0 && mode !== 'BASE' && path.charCodeAt(i - 1) === 47) return false;
  }
  return true;
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
