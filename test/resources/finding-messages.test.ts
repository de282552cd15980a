import { describe, expect, test } from 'vitest';
import { documentationOf, finding, messages } from '../../src/resources/finding-messages.ts';

const origin = { kind: 'VirtualService', namespace: 'a', name: 'b' };

describe('the table of messages', () => {
  test('has every code once, and every name as its key', () => {
    const all = Object.entries(messages);
    expect(new Set(all.map(([, { code }]) => code)).size).toBe(all.length);
    for (const [key, { name, code }] of all) {
      expect(name).toBe(key);
      expect(code).toMatch(/^(?:IST|FS)\d{4}$/);
    }
  });

  test('fills templates, lists as istioctl prints them', () => {
    const args = { destHost: 'reviews', destPorts: [80, 9080] };
    expect(finding(messages.VirtualServiceDestinationPortSelectorRequired, origin, args)).toMatchObject({
      code: 'IST0112',
      level: 'Error',
      message:
        'This VirtualService routes to a service "reviews" that exposes multiple ports [80 9080]. Specifying a port in the destination is required to disambiguate.',
      origin,
    });
  });

  test('an argument cannot smuggle in a placeholder', () => {
    const found = finding(messages.ReferencedResourceNotFound, origin, { reftype: '{refval}', refval: '$&' });
    expect(found.message).toBe('Referenced {refval} not found: "$&"');
  });

  test("links Istio's codes to Istio's pages", () => {
    expect(documentationOf('IST0101')).toBe('https://istio.io/latest/docs/reference/config/analysis/ist0101/');
  });
});
