import type { GrpcRoute } from '../../resources/kinds.ts';
import type { ApiMatch, ApiRule } from './http-rules.ts';

type GrpcMatch = NonNullable<GrpcRoute['spec']['rules'][number]['matches']>[number];

/** A gRPC call is a POST to `/service/method`: its conditions are conditions on the path. */
export function grpcRules({ spec }: GrpcRoute): ApiRule[] {
  return spec.rules.map((rule, index) => {
    const path = ['spec', 'rules', index];
    const matches: readonly GrpcMatch[] = rule.matches === undefined || rule.matches.length === 0 ? [{}] : rule.matches;
    return {
      rule,
      path,
      matches: matches.map((match, matchIndex) => ({ match: asHttp(match), path: [...path, 'matches', matchIndex] })),
    };
  });
}

function asHttp({ method, headers }: GrpcMatch): ApiMatch {
  return { path: pathOf(method), headers };
}

function pathOf(method: GrpcMatch['method']): ApiMatch['path'] {
  const { service, method: name, type } = method ?? { type: 'Exact' };
  if (!service && !name) return { type: 'PathPrefix', value: '/' };
  if (type === 'RegularExpression') {
    return { type: 'RegularExpression', value: `/${service || '[^/]+'}/${name || '[^/]+'}` };
  }
  if (service && name) return { type: 'Exact', value: `/${service}/${name}` };
  return service
    ? { type: 'PathPrefix', value: `/${service}/` }
    : { type: 'RegularExpression', value: `/[^/]+/${(name ?? '').replace(/[.+?^${}()|[\]\\]/g, '\\$&')}` };
}
