import { beforeAll, describe, expect, it } from 'vitest';
import { analyzeYaml, shorthand } from './analyze-yaml.ts';
import { makePair, type Pair } from './make-certificate.ts';

let good: Pair;
let expired: Pair;
let early: Pair;

beforeAll(async () => {
  [good, expired, early] = await Promise.all([
    makePair(['web.example.com', '*.example.org'], '2025-06-01', '2026-06-01'),
    makePair(['web.example.com'], '2024-01-01', '2025-01-01'),
    makePair(['web.example.com'], '2027-01-01', '2028-01-01'),
  ]);
});

const gateway = (name: string, hosts: string) => `apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: ${name}, namespace: demo }
spec:
  selector: { istio: ingressgateway }
  servers:
    - port: { number: 443, name: https, protocol: HTTPS }
      hosts: [${hosts}]
      tls: { mode: SIMPLE, credentialName: web }
---
`;

const apiGateway = `apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: api, namespace: istio-system }
spec:
  gatewayClassName: somebody-elses
  listeners:
    - name: https
      port: 443
      protocol: HTTPS
      hostname: web.example.com
      tls: { certificateRefs: [{ name: web }] }
---
`;

const secret = ({ certificate, key }: Pair) => `apiVersion: v1
kind: Secret
metadata: { name: web, namespace: istio-system }
type: kubernetes.io/tls
data: { tls.crt: "${certificate}", tls.key: "${key}" }
`;

const told = (yaml: string): string[] => analyzeYaml(yaml).map(shorthand);

describe('the credential of a Gateway', () => {
  it('that fits is not told', () => {
    expect(told(gateway('gateway', 'web.example.com, "*.example.org", a.example.org') + secret(good))).toEqual([]);
  });

  it('that is out of date is Istio’s to tell, once', () => {
    for (const pair of [expired, early]) {
      expect(told(gateway('gateway', 'web.example.com') + secret(pair))).toEqual(['IST0161 Gateway demo/gateway 9']);
    }
  });

  it('that is no certificate is Istio’s to tell', () => {
    const yaml = gateway('gateway', 'web.example.com') + secret({ certificate: good.key, key: good.key });
    expect(told(yaml)).toEqual(['IST0161 Gateway demo/gateway 9']);
  });

  it('with the key of another certificate', () => {
    const yaml = gateway('gateway', 'web.example.com') + secret({ ...good, key: expired.key });
    expect(told(yaml)).toEqual(['FS0208 Gateway demo/gateway 9']);
  });

  it('that does not cover a host', () => {
    const found = analyzeYaml(
      gateway('gateway', 'web.example.com, "*.example.com", "./www.example.net"') + secret(good),
    );
    expect(found.map(shorthand)).toEqual(['FS0209 Gateway demo/gateway 9', 'FS0209 Gateway demo/gateway 9']);
    expect(found[1]?.message).toContain(
      'does not cover the host www.example.net; it is for web.example.com, *.example.org',
    );
  });

  it('that two Gateways of one workload share', () => {
    const yaml = gateway('first', 'web.example.com') + gateway('second', 'a.example.org') + secret(good);
    expect(told(yaml)).toEqual(['IST0138 Gateway demo/first 3', 'IST0138 Gateway demo/second 13']);
  });

  it('never shows a key', () => {
    const found = analyzeYaml(gateway('gateway', 'other.example.com') + secret({ ...expired, key: good.key }));
    expect(JSON.stringify(found)).not.toContain(good.key.slice(0, 40));
  });
});

describe('the certificate of a listener', () => {
  it.each([
    ['expired', () => expired, 'FS0206'],
    ['not yet valid', () => early, 'FS0207'],
    ['with another key', () => ({ ...good, key: early.key }), 'FS0208'],
    ['no certificate', () => ({ certificate: good.key, key: good.key }), 'FS0210'],
  ])('%s', (_, pair, code) => {
    expect(told(apiGateway + secret(pair()))).toEqual([`${code} Gateway istio-system/api 11`]);
  });

  it('that fits is not told', () => {
    expect(told(apiGateway + secret(good))).toEqual([]);
  });
});
