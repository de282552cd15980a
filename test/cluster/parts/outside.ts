import { expect } from 'vitest';
import { OUTSIDE_ADDRESS } from '../network.ts';
import { type Part, SOON } from './part.ts';

const meshConfig = (mode: string): string => `
apiVersion: v1
kind: ConfigMap
metadata: { name: istio, namespace: istio-system }
data:
  mesh: |
    outboundTrafficPolicy: { mode: ${mode} }
`;

const ENTRY = `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: outside, namespace: shop }
spec:
  hosts: [outside.example.com]
  addresses: [${OUTSIDE_ADDRESS}]
  ports: [{ number: 8080, name: http, protocol: HTTP }]
  resolution: STATIC
  location: MESH_EXTERNAL
  endpoints: [{ address: ${OUTSIDE_ADDRESS} }]
`;

/** Calls that leave the mesh. */
export const outside: Part = (test, { pod, during }) => {
  const url = `http://${OUTSIDE_ADDRESS}:8080/`;
  const call = (): Promise<number | string> => pod('front').statusOf(url);
  const bytes = async (): Promise<unknown> =>
    await pod('front')
      .tell({ do: 'tcp', host: OUTSIDE_ADDRESS, port: 9000, text: 'hello' })
      .catch(() => '');

  test('ALLOW_ANY lets calls to addresses that nobody knows through, as they are', async () => {
    await during(meshConfig('ALLOW_ANY'), async () => {
      await expect.poll(call, SOON).toBe(200);
      expect(await bytes()).toBe('node:hello');
    });
  });

  /** On a port that no service of the mesh has, whatever is sent there: nothing reads it as HTTP. */
  const ended = expect.stringMatching(/ECONNRESET|socket hang up/);

  test('REGISTRY_ONLY refuses them, and takes what a ServiceEntry names, by its address and by its host', async () => {
    await during(meshConfig('REGISTRY_ONLY'), async () => {
      await expect.poll(call, SOON).toEqual(ended);
      expect(await pod('front').statusOf(`http://${OUTSIDE_ADDRESS}/`)).toBe(502);
      await expect.poll(bytes, SOON).toBe('');
      expect(await pod('front').statusOf('http://web/')).toBe(200);
      await during(ENTRY, async () => {
        await expect.poll(call, SOON).toBe(200);
        await expect.poll(() => pod('front').statusOf('http://outside.example.com:8080/'), SOON).toBe(200);
        expect(await bytes()).toBe('');
      });
    });
    await expect.poll(call, SOON).toBe(200);
  });

  test('a namespace of its own mind says so in its Sidecar', async () => {
    const sidecar = `
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: { name: default, namespace: shop }
spec:
  outboundTrafficPolicy: { mode: REGISTRY_ONLY }
  egress: [{ hosts: ["./*"] }]
`;
    await during(sidecar, async () => {
      await expect.poll(call, SOON).toEqual(ended);
      expect(await pod('other').statusOf(url)).toBe(200);
      expect(await pod('front').statusOf('http://web/')).toBe(200);
    });
    await expect.poll(call, SOON).toBe(200);
  });
};
