/** 2,000 VirtualServices of 10 rules, with an origin for every rule: from text to typed resources. */
import { parseYaml } from '../../src/resources/parse.ts';
import { median } from './median.ts';

export function benchParse(): void {
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
  const times = Array.from({ length: 5 }, () => {
    const start = performance.now();
    const { resources } = parseYaml(text, { file: 'many.yaml' });
    for (const resource of resources) for (let at = 0; at < 10; at++) resource.originOf(['spec', 'http', at]);
    return performance.now() - start;
  });
  console.log(
    `2,000 VirtualServices × 10 rules read: ${median(times).toFixed(0)} ms, first time ${times[0]?.toFixed(0)} ms (target < 1000)`,
  );
}

if (import.meta.main) benchParse();
