import { describe, expect, it } from 'vitest';
import { analyze } from '../../../src/analyze/analyze.ts';
import { compileMesh } from '../../../src/control/compile.ts';
import { checkWebhooks } from '../../../src/control/injection/check-webhooks.ts';
import { resolveInstallation } from '../../../src/control/install/installation.ts';
import { injectorWebhooks, tagWebhooks } from '../../../src/control/install/manifests/webhook-configurations.ts';
import { kinds, resourcesOf } from '../../../src/resources/kinds.ts';
import { parseObject } from '../../../src/resources/parse-object.ts';

const INJECT = 'sidecar.istio.io/inject';
const installation = (revision: string, sets: string[] = []) => resolveInstallation({ specs: [], sets, revision });

/** The default revision, a second one, and a tag that points to it. */
const objects = [
  injectorWebhooks(installation('default')),
  injectorWebhooks(installation('green')),
  tagWebhooks('prod', { namespace: 'istio-system', revision: 'green' }),
];
const resources = objects.flatMap((object) => parseObject(JSON.parse(JSON.stringify(object))).resources);
const configurations = resourcesOf(resources, kinds.mutatingWebhookConfiguration);

describe('which webhook injects', () => {
  it.each<[string, Record<string, string>, Record<string, string>, string, string]>([
    [
      'the namespace asks',
      { 'istio-injection': 'enabled' },
      {},
      'istio-sidecar-injector',
      'namespace label istio-injection=enabled',
    ],
    [
      'it asks for a revision',
      { 'istio.io/rev': 'green' },
      {},
      'istio-sidecar-injector-green',
      'namespace label istio.io/rev=green',
    ],
    [
      'it asks for a tag',
      { 'istio.io/rev': 'prod' },
      {},
      'istio-revision-tag-prod',
      'namespace label istio.io/rev=prod',
    ],
    ['the pod asks', {}, { [INJECT]: 'true' }, 'istio-sidecar-injector', `pod label ${INJECT}=true`],
    [
      'the pod asks for a tag',
      {},
      { 'istio.io/rev': 'prod' },
      'istio-revision-tag-prod',
      'pod label istio.io/rev=prod',
    ],
    [
      'a label of injection goes before one of a revision',
      { 'istio-injection': 'enabled', 'istio.io/rev': 'green' },
      {},
      'istio-sidecar-injector',
      'namespace label istio-injection=enabled',
    ],
    ['nobody asks', {}, {}, '', 'neither the namespace nor the pod asks for it'],
    [
      'the namespace has turned it off, whatever the pod says',
      { 'istio-injection': 'disabled' },
      { [INJECT]: 'true' },
      '',
      'namespace label istio-injection=disabled',
    ],
    [
      'the pod has turned it off',
      { 'istio-injection': 'enabled' },
      { [INJECT]: 'false' },
      '',
      `pod label ${INJECT}=false`,
    ],
  ])('%s', (_, namespaceLabels, podLabels, webhook, because) => {
    const verdicts = checkWebhooks(configurations, namespaceLabels, podLabels);
    const injecting = verdicts.filter(({ injects }) => injects);
    expect(injecting.map((verdict) => verdict.webhook)).toEqual(webhook === '' ? [] : [webhook]);
    expect((injecting[0] ?? verdicts[0])?.because).toBe(because);
  });

  it('never two at once, as analyze would say', () => {
    const all = [
      ...objects,
      injectorWebhooks(installation('default', ['values.sidecarInjectorWebhook.enableNamespacesByDefault=true'])),
    ].slice(1);
    const parsed = all.flatMap((object) => parseObject(JSON.parse(JSON.stringify(object))).resources);
    const { mesh, findings } = compileMesh(parsed);
    const found = analyze({
      resources: parsed,
      mesh,
      findings,
      texts: new Map(),
      nowMs: 0,
      defaultNamespace: 'default',
    });
    expect(found.filter(({ message }) => message.includes('overlaps'))).toEqual([]);
  });
});
