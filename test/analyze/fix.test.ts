import { describe, expect, it } from 'vitest';
import { quickFix } from '../../src/analyze/fix/quick-fix.ts';
import { analyzeYaml } from './analyze-yaml.ts';

const rule = (policy: string) => `apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: web, namespace: demo }
spec:
  host: web
  trafficPolicy:
${policy}
`;

const route = (action: string) => `# Kept.
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: web, namespace: demo }
spec:
  hosts: [web]
  http:
    - route: [{ destination: { host: web } }] # kept
${action}
`;

function fix(text: string): string {
  const [fixed] = quickFix(analyzeYaml(text), new Map([['in.yaml', text]]));
  return fixed?.text ?? text;
}

describe('a quick fix', () => {
  it.each([
    [
      'a delay’s percentage',
      route('      fault:\n        delay:\n          percent: 10 # of a hundred\n          fixedDelay: 1s'),
      route(
        '      fault:\n        delay:\n          percentage: { value: 10 } # of a hundred\n          fixedDelay: 1s',
      ),
    ],
    [
      'in flow style',
      route('      fault: { delay: { percent: 10, fixedDelay: 1s } }'),
      route('      fault: { delay: { percentage: { value: 10 }, fixedDelay: 1s } }'),
    ],
    [
      'a mirror’s percentage',
      route('      mirror: { host: web }\n      mirrorPercent: 5'),
      route('      mirror: { host: web }\n      mirrorPercentage: { value: 5 }'),
    ],
    [
      'allowed origins in a list',
      route(
        '      corsPolicy:\n        allowOrigin:\n        # ours\n        - https://a.example\n        - "*"\n        maxAge: 1h',
      ),
      route(
        '      corsPolicy:\n        allowOrigins:\n        # ours\n        - exact: https://a.example\n        - exact: "*"\n        maxAge: 1h',
      ),
    ],
    [
      'allowed origins in brackets',
      route('      corsPolicy: { allowOrigin: [https://a.example, "*"] }'),
      route('      corsPolicy: { allowOrigins: [{ exact: https://a.example }, { exact: "*" }] }'),
    ],
    [
      'an old name',
      rule('    loadBalancer: { simple: LEAST_CONN }'),
      rule('    loadBalancer: { simple: LEAST_REQUEST }'),
    ],
    [
      'a warm-up',
      rule('    loadBalancer:\n      simple: ROUND_ROBIN\n      warmupDurationSecs: 30s'),
      rule('    loadBalancer:\n      simple: ROUND_ROBIN\n      warmup: { duration: 30s }'),
    ],
    [
      'JSON',
      '{"apiVersion":"networking.istio.io/v1","kind":"VirtualService","metadata":{"name":"web"},"spec":{"hosts":["web"],"http":[{"fault":{"delay":{"percent":10,"fixedDelay":"1s"}},"route":[{"destination":{"host":"web"}}]}]}}',
      '{"apiVersion":"networking.istio.io/v1","kind":"VirtualService","metadata":{"name":"web"},"spec":{"hosts":["web"],"http":[{"fault":{"delay":{"percentage": { "value": 10 },"fixedDelay":"1s"}},"route":[{"destination":{"host":"web"}}]}]}}',
    ],
  ])('%s', (_, before, after) => {
    expect(fix(before)).toBe(after);
  });

  it('leaves alone what has both the old and the new', () => {
    const text = route('      fault: { delay: { percent: 10, percentage: { value: 20 }, fixedDelay: 1s } }');
    expect(fix(text)).toBe(text);
  });

  it('leaves alone what has more than one right answer', () => {
    const text = rule('    outlierDetection: { consecutiveErrors: 3 }');
    expect(fix(text)).toBe(text);
  });

  it('does several in one file, and says which', () => {
    const text = route(
      '      fault: { delay: { percent: 10, fixedDelay: 1s } }\n      mirror: { host: web }\n      mirrorPercent: 5',
    );
    const [fixed] = quickFix(analyzeYaml(text), new Map([['in.yaml', text]]));
    expect(fixed?.findings.map(({ code }) => code)).toEqual(['IST0002', 'IST0133']);
  });
});
