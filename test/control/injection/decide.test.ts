import { describe, expect, it } from 'vitest';
import { decideInjection, type InjectionPolicy, type InjectionSubject } from '../../../src/control/injection/decide.ts';

const POLICY: InjectionPolicy = {
  byDefault: true,
  neverInjectSelectors: [{ matchLabels: { never: '1' } }],
  alwaysInjectSelectors: [{ matchExpressions: [{ key: 'always', operator: 'Exists' }] }],
};
const POD: InjectionSubject = { namespace: 'shop', labels: {}, annotations: {}, isOnHostNetwork: false };
const INJECT = 'sidecar.istio.io/inject';

describe('whether a pod is injected', () => {
  it.each<[string, Partial<InjectionSubject>, Partial<InjectionPolicy>, boolean, string]>([
    ['nothing is said', {}, {}, true, 'policy is enabled'],
    ['nothing is said and the policy is off', {}, { byDefault: false }, false, 'policy is disabled'],
    [
      'hostNetwork goes before a label',
      { isOnHostNetwork: true, labels: { [INJECT]: 'true' } },
      {},
      false,
      'hostNetwork',
    ],
    [
      'a system namespace goes before a label',
      { namespace: 'kube-system', labels: { [INJECT]: 'true' } },
      {},
      false,
      'kube-system',
    ],
    [
      'the label goes before the annotation',
      { labels: { [INJECT]: 'true' }, annotations: { [INJECT]: 'false' } },
      {},
      true,
      'label',
    ],
    [
      'an empty label leaves it to the annotation',
      { labels: { [INJECT]: '' }, annotations: { [INJECT]: 'false' } },
      {},
      false,
      'annotation',
    ],
    ['yes in the words of YAML', { annotations: { [INJECT]: 'On' } }, { byDefault: false }, true, 'annotation'],
    ['a word that is no yes', { labels: { [INJECT]: 'perhaps' } }, {}, false, 'perhaps'],
    [
      'neverInjectSelector goes before always',
      { labels: { never: '1', always: '1' } },
      {},
      false,
      'neverInjectSelector',
    ],
    ['a label goes before neverInjectSelector', { labels: { never: '1', [INJECT]: 'true' } }, {}, true, 'label'],
    [
      'alwaysInjectSelector goes before the policy',
      { labels: { always: '' } },
      { byDefault: false },
      true,
      'alwaysInjectSelector',
    ],
    ['an empty selector means nobody', {}, { neverInjectSelectors: [{}] }, true, 'policy'],
  ])('%s', (_, pod, policy, inject, because) => {
    expect(decideInjection({ ...POD, ...pod }, { ...POLICY, ...policy })).toEqual({
      inject,
      because: expect.stringContaining(because),
    });
  });
});
