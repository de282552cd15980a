import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { applyCapture, type RunTool, removeCapture } from '../../src/agent/capture/capture.ts';
import { DEFAULT_CAPTURE } from '../../src/agent/capture/capture-settings.ts';
import { describeAsRoot } from '../support/needs.ts';
import { TwoNamespaces } from './namespaces.ts';

const MAIN = join(import.meta.dirname, '../../src/cli/bin.js');
const AS_PROXY = ['--reuid', '1337', '--regid', '1337', '--clear-groups'];

/** What istio-validation runs in a pod whose rules a CNI plugin makes. */
describeAsRoot('iptables --run-validation --skip-rule-apply', (test) => {
  let two: TwoNamespaces;
  const inPod: RunTool = (tool, args, input) => two.run(two.pod, tool, args, input);
  const validate = (): string =>
    inPod('setpriv', [...AS_PROXY, process.execPath, MAIN, 'iptables', '--run-validation', '--skip-rule-apply']);

  beforeAll(() => {
    two = new TwoNamespaces();
    inPod('ip', ['link', 'set', 'lo', 'up']);
  });
  afterAll(() => two.end());

  test('fails where nobody has made rules, and says what did not happen', () => {
    expect(validate).toThrow('a connection was not led to port 15006');
  });

  test('passes where there are rules', () => {
    applyCapture(DEFAULT_CAPTURE, inPod);
    expect(validate()).toContain('traffic is led through the proxy');
    removeCapture(inPod);
    expect(validate).toThrow('traffic is not led through the proxy');
  });
});
