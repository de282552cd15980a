import type { PathMatcher } from '../../../engine/config.ts';
import type { PolicyPathMatcher } from '../../../engine/policy-config.ts';
import type { StringMatcher } from '../../../engine/values.ts';
import { sampleRegex } from './sample-regex.ts';

/** Values that meet a matcher, and values that only just do not: where two matchers part ways, one of these tells. */
export interface Samples {
  readonly fits: readonly string[];
  readonly misses: readonly string[];
}

const FILL = 'probe';

export function samplesOf(matcher: StringMatcher): Samples {
  if ('exact' in matcher) {
    const { exact } = matcher;
    return { fits: [exact], misses: [`${exact}x`, `x${exact}`, swappedCase(exact), FILL] };
  }
  if ('prefix' in matcher) {
    return {
      fits: [`${matcher.prefix}${FILL}`, matcher.prefix],
      misses: [matcher.prefix.slice(0, -1), swappedCase(matcher.prefix)],
    };
  }
  if ('suffix' in matcher) {
    return { fits: [`${FILL}${matcher.suffix}`, matcher.suffix], misses: [`${matcher.suffix}x`] };
  }
  if ('contains' in matcher) return { fits: [`x${matcher.contains}x`], misses: [FILL] };
  if ('present' in matcher) return { fits: [FILL], misses: [''] };
  const samples = [1, 0, 2].flatMap((repeat) => sampleRegex(matcher.regex, repeat) ?? []);
  return { fits: samples, misses: [FILL, ...samples.slice(0, 1).flatMap((one) => [`${one}x`, `x${one}`])] };
}

/** On the path of a route. Values that are no paths are left out: nobody could send them. */
export function pathSamples(path: PathMatcher): Samples {
  if ('segmentPrefix' in path) {
    const prefix = path.segmentPrefix;
    return paths({ fits: [`${prefix}/${FILL}`, prefix === '' ? '/' : prefix], misses: [`${prefix}x`] });
  }
  const { fits, misses } = samplesOf(path as StringMatcher);
  const more = 'exact' in path ? [`${path.exact}/`, `${path.exact}/x`] : 'prefix' in path ? [`${path.prefix}/x`] : [];
  return paths({ fits, misses: [...misses, ...more] });
}

/** On the path of a policy's operation. */
export function policyPathSamples(matcher: PolicyPathMatcher): Samples {
  if (!('template' in matcher)) {
    const { fits, misses } = samplesOf(matcher);
    const more = 'exact' in matcher ? [`${matcher.exact}/`, `${matcher.exact}/x`] : [];
    return paths({ fits, misses: [...misses, ...more] });
  }
  const fill = (one: string, rest: string): string => matcher.template.replaceAll('{**}', rest).replaceAll('{*}', one);
  return paths({ fits: [fill(FILL, `${FILL}/x`)], misses: [fill(`${FILL}/x`, FILL), `${fill(FILL, FILL)}/x`] });
}

function paths({ fits, misses }: Samples): Samples {
  const isPath = (text: string): boolean => text.startsWith('/') && !/[\s?#]/.test(text);
  return { fits: fits.filter(isPath), misses: [...misses, '/'].filter(isPath) };
}

export function joined(all: readonly Samples[]): Samples {
  return { fits: all.flatMap(({ fits }) => fits), misses: all.flatMap(({ misses }) => misses) };
}

/** A host that a served domain takes, and that no more specific one is likely to. */
export function hostOf(domain: string): string {
  if (domain === '*') return 'probe.example';
  return domain.startsWith('*') ? `${FILL}${domain.slice(1)}` : domain;
}

function swappedCase(text: string): string {
  const upper = text.toUpperCase();
  return upper === text ? text.toLowerCase() : upper;
}
