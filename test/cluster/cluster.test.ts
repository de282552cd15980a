import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe } from 'vitest';
import { describeInCluster } from '../support/needs.ts';
import { Cluster } from './cluster.ts';
import { endpointSlice, PODS, SERVICES } from './mesh.ts';
import { authentication } from './parts/authentication.ts';
import { authorization } from './parts/authorization.ts';
import { capture } from './parts/capture.ts';
import { certificates } from './parts/certificates.ts';
import { continuity } from './parts/continuity.ts';
import { guestbook } from './parts/guestbook.ts';
import { outside } from './parts/outside.ts';
import type { Part, Stage } from './parts/part.ts';
import { protocols } from './parts/protocols.ts';
import { routing } from './parts/routing.ts';
import { status } from './parts/status.ts';

const START_TIMEOUT_MS = 300_000;
const TEST_TIMEOUT_MS = 120_000;

/** One after the other in one cluster: making it takes longer than most of them. */
const PARTS: Readonly<Record<string, Part>> = {
  capture,
  protocols,
  status,
  authentication,
  certificates,
  authorization,
  outside,
  routing,
  continuity,
  guestbook,
};

describeInCluster('pods as network namespaces', (test) => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await Cluster.start();
    cluster.write('services.yaml', SERVICES);
    await cluster.addPods(PODS);
    cluster.write('web.yaml', endpointSlice(cluster, 'web', 'shop', ['web-1', 'web-2']));
  }, START_TIMEOUT_MS);

  afterAll(async () => {
    await cluster?.end();
  });

  const stage: Stage = {
    cluster: () => cluster,
    pod: (name) => cluster.pod(name),
    during: async (yaml, work) => {
      const file = `during-${randomUUID()}.yaml`;
      cluster.write(file, yaml);
      await work().finally(() => cluster.remove(file));
    },
  };
  for (const [name, part] of Object.entries(PARTS)) {
    describe(name, () => part((title, run, timeoutMs = TEST_TIMEOUT_MS) => test(title, run, timeoutMs), stage));
  }
});
