import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { injectYaml } from '../../../src/control/injection/inject-yaml.ts';
import { DEFAULT_INJECTION } from '../../../src/control/injection/settings.ts';
import { injectorSettings } from '../../../src/control/install/injector-settings.ts';
import { resolveInstallation } from '../../../src/control/install/installation.ts';
import { readInjection } from '../../../src/control/install/read-injection.ts';
import { DEFAULT_MESH_CONFIG } from '../../../src/resources/mesh-config.ts';
import { schemaProblems } from '../../support/kubernetes-schema.ts';

const TEXT = `# the shop
apiVersion: v1
kind: Service
metadata: { name: web } # stays in one line
spec:
  ports: [{ port: 80 }]
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
spec:
  selector: { matchLabels: { app: web } }
  template:
    metadata:
      labels: { app: web }
    spec:
      # what sells
      containers:
        - name: web # the one
          image: web:1
          readinessProbe: { httpGet: { path: /ready, port: 8080 } }
---
apiVersion: batch/v1
kind: CronJob
metadata: { name: night }
spec:
  schedule: "0 3 * * *"
  jobTemplate:
    spec:
      template:
        metadata: { annotations: { sidecar.istio.io/inject: "false" } }
        spec:
          containers: [{ name: night, image: night }]
---
apiVersion: v1
kind: List
items:
  - apiVersion: v1
    kind: Pod
    metadata: { name: one }
    spec: { containers: [{ name: one, image: o }] }
  - apiVersion: apps/v1
    kind: StatefulSet
    metadata: { name: db }
    spec: { template: { spec: { hostNetwork: true, containers: [{ name: db, image: d }] } } }
`;

describe('kube-inject', () => {
  const { text, objects } = injectYaml(TEXT, 'default', DEFAULT_INJECTION);

  it('injects every kind of workload, and says by what it has decided', () => {
    expect(objects.map(({ name, outcome, because }) => `${name} ${outcome}: ${because}`)).toEqual([
      "Deployment shop/web injected: the injector's policy is enabled",
      "CronJob default/night skipped: the pod's annotation sidecar.istio.io/inject=false",
      "Pod default/one injected: the injector's policy is enabled",
      'StatefulSet default/db skipped: hostNetwork: the rules of capture would be those of the whole node',
    ]);
  });

  it('keeps comments, order and style of what it does not change', () => {
    expect(text.startsWith(TEXT.slice(0, TEXT.indexOf('---')))).toBe(true);
    for (const line of ['# what sells', '- name: web # the one', 'schedule: "0 3 * * *"']) expect(text).toContain(line);
  });

  it('writes objects that Kubernetes knows, with the workload by its own name', () => {
    const values = parseAllDocuments(text).map((document) => document.toJS());
    expect(values.filter(({ kind }) => kind !== 'List').flatMap(schemaProblems)).toEqual([]);
    const [, deployment] = values;
    const env = deployment.spec.template.spec.initContainers[1].env;
    expect(env).toContainEqual({ name: 'ISTIO_META_WORKLOAD_NAME', value: 'web' });
    expect(deployment.spec.template.metadata).not.toHaveProperty('ownerReferences');
  });

  it('changes nothing the second time', () => {
    expect(injectYaml(text, 'default', DEFAULT_INJECTION).text).toBe(text);
  });
});

describe('the settings that an installed injector reads', () => {
  it('are those that it was installed with', () => {
    const sets = [
      'values.global.proxy.logLevel=info',
      'values.global.network=n1',
      'hub=example.com',
      'tag=v2',
      'values.global.hub=example.com',
      'values.global.tag=v2',
    ];
    const installation = resolveInstallation({ specs: [], sets, revision: 'blue' });
    const values = JSON.stringify(installation.values);
    const read = readInjection({
      namespace: 'istio-system',
      revision: 'blue',
      values,
      config: 'policy: enabled',
      mesh: '{}',
    });
    expect(read).toEqual(injectorSettings(installation, DEFAULT_MESH_CONFIG));
    expect(
      readInjection({ namespace: 'x', revision: 'blue', values, config: 'policy: disabled', mesh: '' }).policy
        .byDefault,
    ).toBe(false);
  });
});
