import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseYaml } from '../../src/resources/parse.ts';

/** The YAML of the documents that the project was born from, as people publish it: with its traps. */
const SEEDS: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  [
    '000.yaml',
    ['Gateway/test-gateway', 'AuthorizationPolicy/access-allow-policy', 'AuthorizationPolicy/deny-policy'],
    ['FS0001 44', 'IST0133 79'],
  ],
  [
    '001.yaml',
    [
      'Gateway/guestbook-gateway',
      ...Array(4).fill('VirtualService/guestbook-frontend'),
      'DestinationRule/guestbook-destination',
      ...Array(2).fill('VirtualService/guestbook-frontend'),
    ],
    ['IST0002 136'],
  ],
  [
    '002.yaml',
    [
      'IstioOperator/istio-controlplane',
      'Namespace/maildev',
      'VirtualService/maildev',
      'RequestAuthentication/application-jwt-validation',
      'AuthorizationPolicy/application-deny-elasticsearch-clear',
    ],
    // An HTTPS gateway without tls; then documents that their author has cut short with `...`, which ends a document.
    [
      'IST0106 54',
      'IST0106 81',
      'IST0106 81',
      'FS0005 84',
      'IST0106 101',
      'IST0106 101',
      'FS0005 104',
      'IST0106 118',
      'IST0106 118',
      'FS0005 121',
      'IST0106 162',
      'FS0005 164',
      'IST0133 188',
    ],
  ],
  [
    '004.yaml',
    ['Gateway/test-gateway', 'AuthorizationPolicy/access-allow-policy', 'AuthorizationPolicy/deny-policy'],
    ['FS0001 44', 'IST0133 79'],
  ],
];

describe('the seeds', () => {
  test.each(SEEDS)('%s is read, or refused where Istio would', (file, objects, told) => {
    const text = readFileSync(new URL(`./seeds/${file}`, import.meta.url), 'utf8');
    const { resources, findings } = parseYaml(text, { file });
    expect(resources.map(({ kind, metadata }) => `${kind}/${metadata.name}`)).toEqual(objects);
    expect(findings.map(({ code, origin }) => `${code} ${origin.line}`)).toEqual(told);
  });
});
