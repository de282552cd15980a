import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { applyAnnotations } from '../../src/agent/capture/annotations.ts';
import { applyCapture, planCapture, type RunTool, removeCapture } from '../../src/agent/capture/capture.ts';
import { type CaptureSettings, DEFAULT_CAPTURE, refuseCapture } from '../../src/agent/capture/capture-settings.ts';
import { describeAsRoot } from '../support/needs.ts';
import { TwoNamespaces } from './namespaces.ts';

const PROXY_UID = 1337;
const MAIN = join(import.meta.dirname, '../../src/cli/bin.js');

describe('the settings of capture', () => {
  it('follow the annotations of a pod', () => {
    const settings = applyAnnotations(DEFAULT_CAPTURE, {
      'traffic.sidecar.istio.io/excludeInboundPorts': '9090, 15020',
      'traffic.sidecar.istio.io/includeOutboundIPRanges': '10.0.0.0/8,fd00::/8',
      'traffic.sidecar.istio.io/excludeOutboundPorts': '3306',
      'other.example.com/key': '1',
    });
    expect(settings.excludeInboundPorts).toEqual(['15090', '15021', '15020', '9090']);
    expect(settings.includeOutboundRanges).toEqual(['10.0.0.0/8', 'fd00::/8']);
    const [ipv4, ipv6] = planCapture(settings).map(({ script }) => script);
    expect(ipv4).toContain('-A ISTIO_OUTPUT -d 10.0.0.0/8 -j ISTIO_REDIRECT\n-A ISTIO_OUTPUT -j RETURN');
    expect(ipv4).not.toContain('fd00');
    expect(ipv6).toContain('-d fd00::/8 -j ISTIO_REDIRECT');
  });

  it.each<[Partial<CaptureSettings>, string]>([
    [{ excludeOutboundPorts: ['80 -j ACCEPT'] }, '80 -j ACCEPT is no port'],
    [{ excludeInboundPorts: ['70000'] }, '70000 is no port'],
    [{ excludeOutboundRanges: ['10.0.0.0/33'] }, '10.0.0.0/33 is no address range'],
    [{ includeOutboundRanges: ['example.com'] }, 'example.com is no address range'],
    [{ excludeInterfaces: ['eth0\n-A OUTPUT'] }, 'is no network interface'],
    [{ proxyUid: 'envoy' }, 'envoy is no numeric user or group'],
  ])('are refused where they are no rules: %j', (changes, why) => {
    expect(refuseCapture({ ...DEFAULT_CAPTURE, ...changes })).toContain(why);
  });
});

/** A table that has once been looked at stays, empty: only what is in `nat` is compared. */
function natOf(saved: string): string[] {
  return saved.split('COMMIT').filter((table) => table.includes('*nat'));
}

describeAsRoot('capture in a network namespace', (test) => {
  let two: TwoNamespaces;
  const inPod: RunTool = (tool, args, input) => two.run(two.pod, tool, args, input);
  const rules = (): string =>
    ['iptables-save', 'ip6tables-save'].map((tool) => inPod(tool, []).replaceAll(/^#.*\n|\[\d+:\d+\]/gm, '')).join('');
  const apply = (changes: Partial<CaptureSettings> = {}) => applyCapture({ ...DEFAULT_CAPTURE, ...changes }, inPod);

  beforeAll(async () => {
    two = new TwoNamespaces();
    const proxy = [
      { port: 15001, word: 'outbound' },
      { port: 15006, word: 'inbound' },
      { port: 15053, word: 'dns' },
      // On loopback, as Istio's DNS proxy: a redirected packet is answered from where it was led.
      { port: 15053, word: 'dns', udp: true, address: '127.0.0.1' },
      { port: 15053, word: 'dns', udp: true, address: '::1' },
    ];
    const app = [
      { port: 8080, word: 'app' },
      { port: 9090, word: 'figures' },
    ];
    const world = [
      { port: 8080, word: 'world' },
      { port: 3306, word: 'database' },
      { port: 53, word: 'nameserver', udp: true },
      { port: 53, word: 'nameserver' },
    ];
    await Promise.all([two.answer(two.pod, proxy, PROXY_UID), two.answer(two.pod, app), two.answer(two.world, world)]);
  });

  afterEach(() => removeCapture(inPod));
  afterAll(() => two.end());

  test('leads outbound connections of the application to the proxy, and lets the proxy out', () => {
    expect(two.ask(two.pod, '10.77.0.2', 8080), 'before').toBe('world');
    apply();
    for (const address of ['10.77.0.2', 'fd77::2']) {
      expect(two.ask(two.pod, address, 8080), `application to ${address}`).toBe('outbound');
      expect(two.ask(two.pod, address, 8080, { uid: PROXY_UID }), `proxy to ${address}`).toBe('world');
    }
  });

  test('leads inbound connections to the proxy, but not to the excluded ports', () => {
    apply({ excludeInboundPorts: [...DEFAULT_CAPTURE.excludeInboundPorts, '9090'] });
    for (const address of ['10.77.0.1', 'fd77::1']) {
      expect(two.ask(two.world, address, 8080), address).toBe('inbound');
      expect(two.ask(two.world, address, 9090), address).toBe('figures');
    }
  });

  test('lets the application speak to itself, and the proxy reach it', () => {
    apply();
    for (const [loopback, own] of [
      ['127.0.0.1', '10.77.0.1'],
      ['::1', 'fd77::1'],
    ] as const) {
      expect(two.ask(two.pod, loopback, 8080)).toBe('app');
      expect(two.ask(two.pod, own, 8080), 'its own address').toBe('app');
      expect(two.ask(two.pod, loopback, 8080, { uid: PROXY_UID })).toBe('app');
      expect(two.ask(two.pod, own, 8080, { uid: PROXY_UID }), 'the proxy calls its own pod').toBe('inbound');
    }
  });

  test('leaves excluded ports and ranges alone, and takes only what is included', () => {
    apply({ excludeOutboundPorts: ['3306'], excludeOutboundRanges: ['10.77.0.3/32'] });
    expect(two.ask(two.pod, '10.77.0.2', 3306)).toBe('database');
    expect(two.ask(two.pod, '10.77.0.3', 8080)).toBe('world');
    expect(two.ask(two.pod, '10.77.0.2', 8080)).toBe('outbound');
    apply({ includeOutboundRanges: ['10.77.0.3/32'], includeOutboundPorts: ['3306'], includeInboundPorts: ['9090'] });
    expect(two.ask(two.pod, '10.77.0.3', 8080)).toBe('outbound');
    expect(two.ask(two.pod, '10.77.0.2', 8080)).toBe('world');
    expect(two.ask(two.pod, '10.77.0.2', 3306)).toBe('outbound');
    expect(two.ask(two.world, '10.77.0.1', 8080)).toBe('app');
    expect(two.ask(two.world, '10.77.0.1', 9090)).toBe('inbound');
  });

  test('leads questions for names to the proxy, over UDP and TCP, and not those of the proxy', () => {
    apply({ dnsPort: 15_053 });
    for (const address of ['10.77.0.2', 'fd77::2']) {
      expect(two.ask(two.pod, address, 53, { udp: true }), address).toBe('dns');
      expect(two.ask(two.pod, address, 53), address).toBe('dns');
      expect(two.ask(two.pod, address, 53, { udp: true, uid: PROXY_UID }), address).toBe('nameserver');
    }
    apply({ dnsPort: 15_053, dnsServers: ['10.77.0.2'] });
    expect(two.ask(two.pod, '10.77.0.2', 53, { udp: true })).toBe('dns');
    expect(two.ask(two.pod, 'fd77::2', 53, { udp: true }), 'a server that is not listed').toBe('nameserver');
    apply();
    expect(two.ask(two.pod, '10.77.0.2', 53, { udp: true }), 'after settings without DNS').toBe('nameserver');
  });

  test('is the same when applied twice, and gone when taken out, with other people’s rules as they were', () => {
    inPod('iptables', ['-t', 'nat', '-A', 'OUTPUT', '-p', 'tcp', '--dport', '9999', '-j', 'ACCEPT']);
    removeCapture(inPod);
    const before = rules();
    apply({ dnsPort: 15_053, virtualInterfaces: ['tap0'] });
    const once = rules();
    apply({ dnsPort: 15_053, virtualInterfaces: ['tap0'] });
    expect(rules()).toBe(once);
    expect(once).toContain('ISTIO_OUTPUT');
    removeCapture(inPod);
    expect(natOf(rules())).toEqual(natOf(before));
    expect(rules()).not.toContain('ISTIO');
    expect(removeCapture(inPod)).toEqual([]);
    expect(two.ask(two.pod, '10.77.0.2', 8080)).toBe('world');
  });

  test('is applied and taken out by the command line', () => {
    const foresail = (...args: string[]) => two.run(two.pod, process.execPath, [MAIN, 'iptables', ...args]);
    const planned = foresail('--dry-run', '-o', '3306');
    expect(two.ask(two.pod, '10.77.0.2', 8080), 'after a dry run').toBe('world');
    expect(foresail('-o', '3306')).toBe(planned);
    expect(two.ask(two.pod, '10.77.0.2', 8080)).toBe('outbound');
    expect(two.ask(two.pod, '10.77.0.2', 3306)).toBe('database');
    foresail('--clean');
    expect(two.ask(two.pod, '10.77.0.2', 8080)).toBe('world');
    expect(() => execFileSync(process.execPath, [MAIN, 'iptables', '--dry-run', '-d', 'x'], { stdio: 'pipe' })).toThrow(
      /x is no port/,
    );
  });
});
