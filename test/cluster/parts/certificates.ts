import { expect } from 'vitest';
import { MeshCa } from '../../../src/ca/authority/mesh-ca.ts';
import { MemoryStore } from '../../ca/memory-store.ts';
import { type Credentials, serverCredentials, workloadCredentials } from '../../support/workload-credentials.ts';
import { type Part, SOON } from './part.ts';

const HOUR_MS = 3_600_000;
const FRONT = { namespace: 'shop', serviceAccount: 'front' };
/** Who the pod `vault` is by its YAML: a test serves there instead of a sidecar. */
const VAULT = { namespace: 'shop', serviceAccount: 'vault' };

const SERVICE = `
apiVersion: v1
kind: Service
metadata: { name: vault, namespace: shop }
spec:
  clusterIP: 10.96.1.7
  selector: { app: vault }
  ports:
    - { name: http-good, port: 7001 }
    - { name: http-elsewhere, port: 7002 }
    - { name: http-stranger, port: 7003 }
    - { name: http-expired, port: 7004 }
    - { name: http-another, port: 7005 }
    - { name: http-nameless, port: 7006 }
`;

/** Certificates that look right but are not. */
export const certificates: Part = (test, { cluster, pod, during }) => {
  const stranger = (): Promise<MeshCa> => MeshCa.init({ store: new MemoryStore(), trustDomain: 'cluster.local' });
  const anHourAgo = (): Promise<MeshCa> => cluster().openCa(() => Date.now() - 2 * HOUR_MS);

  test('a caller is refused with a certificate of another trust domain, of another root, that has expired, or without a SPIFFE id', async () => {
    const ca = await cluster().openCa();
    const as = async (tls: Credentials): Promise<number> => {
      const { status } = (await pod('bare').tell({ do: 'tls', host: pod('web-1').address, port: 8080, tls })) as {
        readonly status: number;
      };
      return status;
    };
    expect(await as(await workloadCredentials(ca, FRONT))).toBe(200);
    const bad: Readonly<Record<string, Credentials>> = {
      'another trust domain': await workloadCredentials(ca, { ...FRONT, trustDomain: 'other.example' }),
      'another root': { ...(await workloadCredentials(await stranger(), FRONT)), ca: ca.bundle.pem },
      expired: await workloadCredentials(await anHourAgo(), FRONT, HOUR_MS),
      nameless: await serverCredentials(ca, 'front'),
    };
    for (const [why, credentials] of Object.entries(bad)) {
      await expect(as(credentials), why).rejects.toThrow(/alert|ECONNRESET|hang up|disconnected/);
    }
  });

  test('a server is refused with any of these, and with the certificate of another workload', async () => {
    const ca = await cluster().openCa();
    const servers: readonly Credentials[] = [
      await workloadCredentials(ca, VAULT),
      await workloadCredentials(ca, { ...VAULT, trustDomain: 'other.example' }),
      { ...(await workloadCredentials(await stranger(), VAULT)), ca: ca.bundle.pem },
      await workloadCredentials(await anHourAgo(), VAULT, HOUR_MS),
      await workloadCredentials(ca, { namespace: 'shop', serviceAccount: 'web' }),
      await serverCredentials(ca, 'vault.shop.svc.cluster.local'),
    ];
    for (const [index, tls] of servers.entries()) await pod('vault').tell({ do: 'serve-tls', port: 7001 + index, tls });
    await during(SERVICE, async () => {
      await expect.poll(() => pod('front').statusOf('http://vault:7001/'), SOON).toBe(200);
      for (const port of [7002, 7003, 7004, 7005, 7006]) {
        expect(await pod('front').statusOf(`http://vault:${port}/`)).toBe(503);
        const refusals = (await pod('vault').tell({ do: 'tls-refusals' })) as string[];
        expect(refusals.filter((one) => one.startsWith(`${port} `))[0]).toMatch(/_ALERT_(CERTIFICATE|UNKNOWN_CA)/);
      }
    });
  });
};
