import { describe, expect, it } from 'vitest';
import { compileMesh } from '../../src/control/compile.ts';
import { servingConfigOf } from '../../src/control/simulate/serving.ts';
import { EdgeFacts } from '../../src/edge/facts.ts';
import type { PlatformRequest } from '../../src/edge/runtime.ts';
import { decide } from '../../src/engine/decide.ts';
import type { Decision } from '../../src/engine/decision.ts';
import type { Environment } from '../../src/engine/environment.ts';
import type { RequestFacts } from '../../src/engine/facts.ts';
import { renderReply } from '../../src/engine/render-reply.ts';
import type { ServingConfig } from '../../src/engine/serving.ts';
import { parseYaml } from '../../src/resources/parse.ts';
import { seededRandom } from '../seeded-random.ts';
import { corpus } from './corpus.ts';
import { Chance } from './mutate.ts';
import { FUZZ_TIMEOUT_MS, forAWhile, inTime } from './time-box.ts';

const NASTY = [
  ...[
    '',
    '/',
    '//',
    '/.',
    '/..',
    '/../..',
    '%',
    '%0',
    '%00',
    '%2e%2e',
    '%2F',
    '%5c',
    '%zz',
    '%ff',
    '\\',
    ';',
    '?',
    '#',
    '&',
    '=',
    '+',
  ],
  ...[
    '\u0000',
    '\n',
    '\r',
    '\t',
    'é',
    '\ud800',
    '\uffff',
    '*',
    '[',
    '[::1]',
    ':',
    ':80',
    '.',
    'a'.repeat(9_000),
    'A.b.C',
    '__proto__',
  ],
  ...[
    'Bearer ',
    'Bearer a.b.c',
    'eyJhbGciOiJub25lIn0.e30.',
    ',',
    ', ,',
    '"',
    '; a=1',
    'http://',
    '10.0.0.1',
    '::ffff:1.2.3.4',
    '😀',
  ],
];
const HEADERS = [
  ...[
    'host',
    'cookie',
    'authorization',
    'origin',
    'access-control-request-method',
    'content-type',
    'content-length',
    'te',
  ],
  ...[
    'x-forwarded-for',
    'x-forwarded-proto',
    'x-envoy-external-address',
    'x-request-id',
    'x-jwt-assertion',
    'constructor',
  ],
  ...['end-user', 'user-agent', ':path', ':authority', '', 'connection', 'upgrade', 'grpc-timeout', 'x-envoy-retry-on'],
];
const METHODS = ['GET', 'POST', 'HEAD', 'OPTIONS', 'CONNECT', 'TRACE', 'get', 'PROPFIND', '', 'G E T', '*'];
const ANY = 'ab/.:%?&=;, \\"\'{}[]()<>|^`~-_*+@!$\u0000\u007f\u00ff\u20ac';

const servings: readonly ServingConfig[] = corpus.map((yaml) =>
  servingConfigOf(compileMesh(parseYaml(yaml, { file: 'fuzz.yaml' }).resources).mesh.edge),
);

function word(chance: Chance): string {
  return chance.is(0.5) ? chance.of(NASTY) : chance.text(12, ANY);
}

function words(chance: Chance, most: number): string {
  return Array.from({ length: 1 + chance.below(most) }, () => word(chance)).join('');
}

function randomFacts(chance: Chance, serving: ServingConfig): RequestFacts {
  const headers = new Map<string, string>();
  for (let i = chance.below(6); i > 0; i--) headers.set(chance.of(HEADERS), words(chance, 4));
  const ports = serving.gateway.listeners.map(({ port }) => port);
  const address = chance.is(0.8) ? chance.of(['192.0.2.1', '10.1.2.3', '2001:db8::1']) : word(chance);
  return {
    method: chance.of(METHODS),
    scheme: chance.of(['http', 'https']),
    authority: chance.is(0.5) ? chance.of(['shop.example.com', 'a.b', 'localhost:80']) : words(chance, 2),
    port: chance.is(0.9) && ports.length > 0 ? chance.of(ports) : chance.below(70_000),
    rawPath: chance.is(0.7) ? `/${words(chance, 4)}` : words(chance, 3),
    query: chance.is(0.5) ? words(chance, 5) : undefined,
    header: (name) => headers.get(name) ?? null,
    peerAddress: address,
    clientAddress: address,
    sni: chance.is(0.3) ? word(chance) : undefined,
    peer: undefined,
  };
}

function environment(seed: number): Environment {
  return {
    nowMs: () => 1_790_000_000_000,
    random: seededRandom(seed),
    newRequestId: () => '00000000-0000-4000-8000-000000000000',
    authorizeExternally: async () => ({ kind: 'error', why: 'nobody is asked here' }),
    refetchJwks: async () => undefined,
  };
}

/** Carries it out as far as that goes without a network; header values that no header can have may be refused. */
function carryOut(decision: Decision, facts: RequestFacts): void {
  if (decision.kind === 'reply') {
    const { status } = renderReply(decision, facts);
    if (!Number.isInteger(status) || status < 100 || status > 999) throw new Error(`status ${status}`);
    return;
  }
  decision.mutateRequest(new Headers());
}

describe('the decision core', () => {
  it('decides on every request, whatever strings it is made of', { timeout: FUZZ_TIMEOUT_MS }, async () => {
    const kinds = new Map<string, number>();
    const requests = await forAWhile(async (seed) => {
      const chance = new Chance(seed);
      const serving = chance.of(servings);
      const facts = randomFacts(chance, serving);
      const decision = await inTime(async () => decide(serving, facts, environment(seed)));
      kinds.set(decision.kind, (kinds.get(decision.kind) ?? 0) + 1);
      try {
        carryOut(decision, facts);
      } catch (error) {
        // A path cannot be a header's value as it is: the runtime's own parser would not have let it in.
        if (!/invalid|ByteString/i.test(String(error))) throw error;
      }
    });
    expect(requests).toBeGreaterThan(200);
    expect([...kinds.keys()].sort()).toEqual(['forward', 'reply']);
  });

  it('is given facts by every request that the Fetch API can make', () => {
    for (let seed = 0; seed < 5_000; seed++) {
      const chance = new Chance(seed);
      const url = URL.parse(`http${chance.is(0.5) ? 's' : ''}://${word(chance)}/${words(chance, 3)}?${word(chance)}`);
      if (url === null) continue;
      const headers = new Headers();
      for (let i = chance.below(4); i > 0; i--) {
        try {
          headers.append(chance.of(HEADERS), words(chance, 2));
        } catch {
          // Not a header.
        }
      }
      const facts = new EdgeFacts(new Request(url.href.replace(/\/\/[^/]*@/, '//'), { headers }) as PlatformRequest);
      expect(facts.rawPath.startsWith('/')).toBe(true);
      expect(facts.rawPath).not.toContain('?');
      expect(facts.host).toBe(facts.host.toLowerCase());
      expect(facts.port > 0 && facts.port < 65_536).toBe(true);
    }
  });
});
