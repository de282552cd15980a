import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Analyzer } from '../../src/analyze/analyzer.ts';
import { analyzers } from '../../src/analyze/analyzers.ts';
import { alphaAnnotations } from '../../src/analyze/annotations/alpha-annotations.ts';
import { globMatches, parseSuppression } from '../../src/analyze/suppression.ts';
import { destinationHosts } from '../../src/analyze/virtual-service/destination-hosts.ts';
import { analyzeYaml, shorthand } from './analyze-yaml.ts';

const CASES = join(import.meta.dirname, 'cases');
const caseYaml = (name: string): string => readFileSync(join(CASES, name, 'in.yaml'), 'utf8');

const QUIET = 'apiVersion: v1\nkind: Namespace\nmetadata: { name: quiet }\n';

describe('what is told', () => {
  it('points at the document as istioctl does, and at the field for editors', () => {
    const [found] = analyzeYaml(caseYaml('IST0002-a-percentage-as-a-whole-number'));
    expect(found?.origin).toMatchObject({ file: 'in.yaml', line: 1 });
    expect(found?.place).toMatchObject({ line: 8, path: 'spec.http[0].fault.delay.percent' });
  });

  it('comes worst first, and each thing once', () => {
    const all = readdirSync(CASES)
      .filter((name) => !name.startsWith('clean'))
      .map(caseYaml)
      .join('\n---\n');
    const found = analyzeYaml(all);
    const order = { Error: 0, Warning: 1, Info: 2 };
    const levels = found.map(({ level }) => order[level]);
    expect(levels).toEqual(levels.toSorted());
    expect(new Set(found.map((finding) => `${shorthand(finding)} ${finding.message}`)).size).toBe(found.length);
  });

  it('is nothing about what is taken for granted', () => {
    expect(analyzeYaml('')).toEqual([]);
  });

  it('survives every broken input', () => {
    for (const text of ['{', 'a: [', '---\n---\n', 'apiVersion: v1\nkind: List\nitems: [1, null, {}]\n', '\u0000']) {
      expect(() => analyzeYaml(text)).not.toThrow();
    }
  });

  it('keeps the lines of objects in a List', () => {
    const found = analyzeYaml(
      'apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Namespace\n  metadata:\n    name: quiet\n',
    );
    expect(found.map(shorthand)).toEqual(['IST0102 Namespace quiet 7']);
  });
});

describe('what is not to be told', () => {
  it('is what the mesh says, where Istio says it too', () => {
    const gateway = (name: string) => `apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: ${name} }
spec:
  selector: { istio: ingressgateway }
  servers:
    - port: { number: 443, name: https, protocol: HTTPS }
      hosts: [web.example.com]
      tls: { mode: SIMPLE, serverCertificate: /${name}.crt, privateKey: /${name}.key }
`;
    const codes = analyzeYaml(`${gateway('a')}---\n${gateway('b')}`).map(({ code }) => code);
    expect(codes).toEqual(['IST0145', 'IST0145']);
  });

  it('is suppressed by code and object, with stars', () => {
    for (const text of ['IST0102=Namespace quiet', 'IST0102=Namespace *', 'IST0102=*']) {
      const suppression = parseSuppression(text);
      expect(analyzeYaml(QUIET, { suppressions: suppression === undefined ? [] : [suppression] })).toEqual([]);
    }
    const other = parseSuppression('IST0101=*');
    expect(analyzeYaml(QUIET, { suppressions: other === undefined ? [] : [other] })).toHaveLength(1);
    expect(parseSuppression('IST0102')).toBeUndefined();
  });

  it('may name the object as older releases of istioctl did', () => {
    const suppressions = [{ code: 'IST0101', object: 'VirtualService web.demo' }];
    expect(analyzeYaml(caseYaml('IST0101-a-destination-host-that-nobody-has'), { suppressions })).toEqual([]);
  });

  it('is suppressed by the annotation of a refused object too', () => {
    const yaml = caseYaml('IST0106-a-star-for-sidecars-is-analyzed-all-the-same');
    const annotated = yaml.replace(
      'name: all,',
      'name: all, annotations: { galley.istio.io/analyze-suppress: "IST0106" },',
    );
    expect(analyzeYaml(annotated).map(({ code }) => code)).toEqual(['IST0101']);
  });

  it.each([
    ['*', '', true],
    ['a*c', 'abc', true],
    ['a*c', 'ac', true],
    ['a*a', 'a', false],
    ['*b*', 'abc', true],
    ['a*b*c', 'acb', false],
    ['a', 'ab', false],
    ['Namespace *', 'Namespace x/y', true],
  ])('glob %s on "%s": %s', (pattern, text, expected) => {
    expect(globMatches(pattern, text)).toBe(expected);
  });
});

describe('the analyzers', () => {
  it('each have a name of their own', () => {
    expect(new Set(analyzers.map(({ name }) => name)).size).toBe(analyzers.length);
  });

  it('can be chosen', () => {
    const yaml = caseYaml('IST0106-a-star-for-sidecars-is-analyzed-all-the-same');
    expect(analyzeYaml(yaml, { analyzers: [destinationHosts] }).map(({ code }) => code)).toEqual(['IST0101']);
    const validation = analyzers.filter(({ name }) => name === 'schema.ValidationAnalyzer.VirtualService');
    expect(analyzeYaml(yaml, { analyzers: validation }).map(({ code }) => code)).toEqual(['IST0106']);
  });

  it('tell of alpha annotations only when asked', () => {
    const yaml = caseYaml('clean-annotations-where-they-belong');
    const codes = analyzeYaml(yaml, { analyzers: [alphaAnnotations] }).map(({ code }) => code);
    expect(codes).toEqual(['IST0136', 'IST0136', 'IST0136', 'IST0136']);
  });

  it('fail alone', () => {
    const broken: Analyzer = {
      name: 'broken',
      description: '',
      analyze: () => {
        throw new Error('oops');
      },
    };
    const found = analyzeYaml(caseYaml('IST0174-a-rule-for-an-unknown-host'), { analyzers: [broken, ...analyzers] });
    expect(found.map(({ code }) => code)).toEqual(['IST0001', 'IST0174']);
  });

  it('take templates for pods when told to', () => {
    const yaml = caseYaml('IST0173-templates-are-no-pods');
    expect(analyzeYaml(yaml, { countsTemplates: true })).toEqual([]);
  });

  it('look at one namespace and at what belongs to none', () => {
    const yaml = `${QUIET}---\n${caseYaml('IST0174-a-rule-for-an-unknown-host')}`;
    expect(analyzeYaml(yaml, { namespace: 'demo' }).map(({ code }) => code)).toEqual(['IST0174']);
    expect(analyzeYaml(yaml, { namespace: 'quiet' }).map(({ code }) => code)).toEqual(['IST0102']);
  });
});
