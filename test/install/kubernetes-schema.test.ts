import { describe, expect, it } from 'vitest';
import { schemaProblems } from '../support/kubernetes-schema.ts';

const service = (spec: object): object => ({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'a' }, spec });

describe("Kubernetes' published schemas", () => {
  it.each<[string, object, string[]]>([
    ['nothing', service({ ports: [{ port: 80, targetPort: 'http' }], type: 'NodePort' }), []],
    ['a field that is not there', service({ ports: [{ name: 'http' }] }), ['Service.spec.ports[0]: port is required']],
    ['a field that does not exist', service({ prots: [] }), ['Service.spec: there is no field prots']],
    ['another type', service({ ports: [{ port: '80' }] }), ['Service.spec.ports[0].port: "80" is no number']],
    [
      'no number and no name',
      service({ ports: [{ port: 80, targetPort: 1.5 }] }),
      ['Service.spec.ports[0].targetPort: 1.5 is no IntOrString'],
    ],
    [
      'a value that is none of its list',
      service({ type: 'Loadbalancer' }),
      ['Service.spec.type: Loadbalancer is none of ClusterIP, NodePort, LoadBalancer, ExternalName'],
    ],
  ])('find %s', (_, object, problems) => {
    expect(schemaProblems(object)).toEqual(problems);
  });
});
