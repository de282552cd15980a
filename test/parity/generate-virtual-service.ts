import type { Chance } from './chance.ts';
import type { Json } from './mesh-case.ts';
import { HEADER_NAMES, HOSTS, METHODS, ORIGINS, PATH_REGEXES, PATHS, SERVICES } from './vocabulary.ts';

type Fields = { [key: string]: Json };

export function virtualService(chance: Chance): Fields {
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: { name: 'vs', namespace: 'shop' },
    spec: {
      hosts: chance.is(0.6) ? [chance.pick(HOSTS)] : ['a.test', '*.b.test'],
      gateways: ['gw'],
      http: chance.list(1, 5, () => httpRoute(chance)),
    },
  };
}

function httpRoute(chance: Chance): Fields {
  return {
    ...chance.maybe(0.2, () => ({ name: chance.pick(['one', 'two']) })),
    ...chance.maybe(0.85, () => ({ match: chance.list(1, 2, () => match(chance)) })),
    ...chance.maybe(0.4, () => ({ headers: headers(chance) })),
    ...chance.maybe(0.3, () => ({ corsPolicy: corsPolicy(chance) })),
    ...action(chance),
  };
}

function match(chance: Chance): Fields {
  return {
    ...chance.maybe(0.75, () => ({ uri: uri(chance), ...chance.maybe(0.2, () => ({ ignoreUriCase: true })) })),
    ...chance.maybe(0.15, () => ({ method: stringMatch(chance, METHODS) })),
    ...chance.maybe(0.1, () => ({ authority: stringMatch(chance, ['a.test', 'a.test:80', 'b', 'www.b.test']) })),
    ...chance.maybe(0.05, () => ({ scheme: { exact: chance.pick(['http', 'https']) } })),
    ...chance.maybe(0.25, () => ({ headers: { [header(chance)]: headerMatch(chance) } })),
    ...chance.maybe(0.15, () => ({ withoutHeaders: { [header(chance)]: headerMatch(chance) } })),
    ...chance.maybe(0.2, () => ({ queryParams: { [chance.pick(['q', 'r', 'Q'])]: queryMatch(chance) } })),
    ...chance.maybe(0.08, () => ({ port: chance.pick([80, 8080, 443]) })),
  };
}

function uri(chance: Chance): Fields {
  const kind = chance.pick(['exact', 'prefix', 'prefix', 'prefix', 'regex']);
  return { [kind]: kind === 'regex' ? chance.pick(PATH_REGEXES) : chance.pick(PATHS) };
}

function stringMatch(chance: Chance, values: readonly string[]): Fields {
  const value = chance.pick(values);
  return chance.pick<() => Fields>([
    () => ({ exact: value }),
    () => ({ prefix: value.slice(0, 3) || 'a' }),
    () => ({ regex: `${value.slice(0, 2).replaceAll('.', '\\.')}.*` }),
  ])();
}

function header(chance: Chance): string {
  return chance.is(0.15)
    ? chance.pick(['@request.auth.claims.group', '@request.auth.claims[nested][k]', '@request.auth.claims.sub'])
    : chance
        .pick([...HEADER_NAMES, ':method', ':authority', ':path', 'x-forwarded-proto', 'x-envoy-original-path'])
        .toLowerCase();
}

function headerMatch(chance: Chance): Fields {
  return chance.is(0.2) ? {} : stringMatch(chance, ['jason', 'prod', 'a,b', 'GET', 'admin', 'user=jason', 'http']);
}

function queryMatch(chance: Chance): Fields {
  return chance.is(0.2)
    ? {}
    : chance.pick<Fields>([
        { exact: '1' },
        { exact: '' },
        { prefix: 'a' },
        { regex: '[0-9]+' },
        { regex: '.*' },
        { exact: 'a b' },
        { exact: '%31' },
      ]);
}

function headers(chance: Chance): Fields {
  return {
    ...chance.maybe(0.8, () => ({ request: operations(chance, true) })),
    ...chance.maybe(0.6, () => ({ response: operations(chance, false) })),
  };
}

const VALUES = [
  'x',
  '',
  'a b',
  '%REQ(x-user)%',
  '%REQ(:path)%',
  '%REQ(x-none?:authority)%',
  '%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%',
  '%PROTOCOL%',
  '100%%',
  'v-%REQ(x-user):3%',
  '%REQ(x-none)%',
  '%RESPONSE_CODE%',
  '%RESP(content-type)%',
  '%ROUTE_NAME%',
  '%UPSTREAM_CLUSTER%',
  '%DOWNSTREAM_LOCAL_PORT%',
  '%REQ(:method)%-%REQ(:scheme)%',
  '%REQUESTED_SERVER_NAME%',
] as const;

function operations(chance: Chance, isRequest: boolean): Fields {
  const names = isRequest
    ? ['x-user', 'x-new', 'X-Case', 'x-forwarded-proto', 'x-envoy-attempt-count', 'user-agent']
    : ['x-new', 'X-Upstream', 'content-type', 'x-res', 'server', 'access-control-allow-origin'];
  const values = (): Fields =>
    Object.fromEntries(
      chance.list(1, 2, () => {
        const value = chance.pick(VALUES);
        // Response operations of Envoy see the request as it was edited; the edge shows them what it got.
        return [chance.pick(names), isRequest ? value : value.replaceAll('x-user', 'x-a')];
      }),
    );
  return {
    ...chance.maybe(0.5, () => ({ set: values() })),
    ...chance.maybe(0.5, () => ({ add: values() })),
    ...chance.maybe(0.3, () => ({ remove: [chance.pick(names)] })),
    ...(isRequest ? chance.maybe(0.08, () => ({ set: { host: 'rewritten.test' } })) : {}),
  };
}

function corsPolicy(chance: Chance): Fields {
  return {
    allowOrigins: chance.list(1, 2, () =>
      chance.pick<Fields>([
        { exact: chance.pick(ORIGINS) || '*' },
        { prefix: 'https://' },
        { regex: 'https://.*o\\.test' },
      ]),
    ),
    ...chance.maybe(0.6, () => ({ allowMethods: chance.some(['GET', 'POST', 'PUT']) })),
    ...chance.maybe(0.5, () => ({ allowHeaders: chance.some(['x-a', 'x-b', '*']) })),
    ...chance.maybe(0.4, () => ({ exposeHeaders: chance.some(['x-c', 'x-d']) })),
    ...chance.maybe(0.4, () => ({ maxAge: chance.pick(['1h', '30s', '0s', '1500ms']) })),
    ...chance.maybe(0.4, () => ({ allowCredentials: chance.is(0.5) })),
    ...chance.maybe(0.3, () => ({ unmatchedPreflights: chance.pick(['FORWARD', 'IGNORE']) })),
  };
}

function action(chance: Chance): Fields {
  const kind = chance.number(10);
  if (kind === 0) return { redirect: redirect(chance) };
  if (kind === 1) return { directResponse: directResponse(chance) };
  return {
    route: destinations(chance),
    ...chance.maybe(0.3, () => ({ rewrite: rewrite(chance) })),
    ...chance.maybe(0.2, () => ({ timeout: chance.pick(['5s', '10s', '0s']) })),
    ...chance.maybe(0.1, () => ({ retries: { attempts: chance.number(3), ...chance.maybe(0.5, () => ({})) } })),
    ...chance.maybe(0.12, () => ({ fault: fault(chance) })),
  };
}

function redirect(chance: Chance): Fields {
  return {
    ...chance.maybe(0.4, () =>
      chance.pick<Fields>([{ uri: '/new' }, { uri: '/new?x=1' }, { uri: '/' }, { uri: 'relative' }]),
    ),
    ...chance.maybe(0.4, () => ({ authority: chance.pick(['r.test', 'r.test:8443', 'R.test']) })),
    ...chance.maybe(0.3, () => ({ scheme: chance.pick(['http', 'https']) })),
    ...chance.maybe(0.4, () =>
      chance.pick<Fields>([
        { port: 8443 },
        { port: 80 },
        { port: 443 },
        { derivePort: 'FROM_REQUEST_PORT' },
        { derivePort: 'FROM_PROTOCOL_DEFAULT' },
      ]),
    ),
    ...chance.maybe(0.4, () => ({ redirectCode: chance.pick([301, 302, 303, 307, 308]) })),
  };
}

function directResponse(chance: Chance): Fields {
  return {
    status: chance.pick([200, 204, 304, 404, 418, 503, 599]),
    ...chance.maybe(0.6, () => ({
      body: chance.pick<Fields>([
        { string: 'hello' },
        { string: '' },
        { bytes: 'AAEC/w==' },
        { string: 'é %REQ(x-user)%' },
      ]),
    })),
  };
}

function destinations(chance: Chance): Json[] {
  const one = (): Fields => ({
    destination: destination(chance),
    ...chance.maybe(0.2, () => ({ headers: headers(chance) })),
  });
  if (chance.is(0.75)) return [one()];
  return [
    { ...one(), weight: chance.pick([0, 20, 50]) },
    { ...one(), weight: chance.pick([20, 50, 80]) },
  ];
}

function destination(chance: Chance): Fields {
  const host = chance.is(0.85) ? chance.pick(['web', 'api', 'multi']) : chance.pick(SERVICES);
  return {
    host: chance.is(0.3) ? `${host}.shop.svc.cluster.local` : host,
    ...(host === 'web' ? chance.maybe(0.4, () => ({ subset: chance.pick(['v1', 'v2', 'v3']) })) : {}),
    ...(host === 'multi' ? chance.maybe(0.7, () => ({ port: { number: chance.pick([80, 9090]) } })) : {}),
  };
}

function rewrite(chance: Chance): Fields {
  return {
    ...chance.maybe(0.8, () =>
      chance.pick<Fields>([
        { uri: chance.pick(['/', '/foo', '/foo/', 'foo', '/foo?x=1', '/fo%20o']) },
        { uri: chance.pick(['/', '/foo']) },
        {
          uriRegexRewrite: {
            match: chance.pick(['/v2', '^/([a-z]+)', '[aeiou]', '/(.*)', 'x*', '^/api/(\\w+)/?(.*)$']),
            rewrite: chance.pick(['/new', '/\\1/\\1', '', '\\0!', '/a\\\\b', '/\\2']),
          },
        },
      ]),
    ),
    ...chance.maybe(0.4, () => ({ authority: chance.pick(['rewritten.test', 'Upper.test:81']) })),
  };
}

function fault(chance: Chance): Fields {
  const percentage = chance.maybe(0.8, () => ({ percentage: { value: chance.pick([100, 100, 0]) } }));
  return {
    ...chance.maybe(0.8, () => ({
      abort: {
        ...(chance.is(0.8)
          ? { httpStatus: chance.pick([400, 404, 503, 599]) }
          : { grpcStatus: chance.pick(['NOT_FOUND', 'UNAVAILABLE']) }),
        ...percentage,
      },
    })),
    ...chance.maybe(0.3, () => ({ delay: { fixedDelay: '2ms', ...percentage } })),
  };
}
