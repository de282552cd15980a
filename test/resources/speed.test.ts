import { expect, test } from 'vitest';
import { parseYaml } from '../../src/resources/parse.ts';

/** The budget is one second on an idle machine; here it is wider, for a busy one. */
const BUDGET_MS = 3_000;

test('2,000 VirtualServices of 10 rules, with an origin for every rule, are read within the budget', () => {
  const rule = (index: number): string => `  - name: r${index}
    match:
    - uri:
        prefix: /api/v${index}
      headers:
        x-user:
          exact: jason
    route:
    - destination:
        host: reviews
        subset: v1
        port:
          number: 80
    timeout: 5s
`;
  const rules = Array.from({ length: 10 }, (_, index) => rule(index)).join('');
  const text = Array.from(
    { length: 2_000 },
    (_, index) => `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  name: vs-${index}
spec:
  hosts:
  - host-${index}.example.com
  gateways:
  - istio-system/gateway
  http:
${rules}`,
  ).join('---\n');
  const start = performance.now();
  const { resources, findings } = parseYaml(text, { file: 'many.yaml' });
  for (const resource of resources) for (let at = 0; at < 10; at++) resource.originOf(['spec', 'http', at]);
  expect(performance.now() - start).toBeLessThan(BUDGET_MS);
  expect(resources).toHaveLength(2_000);
  expect(findings).toEqual([]);
});
