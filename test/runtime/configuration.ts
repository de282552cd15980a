import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { composeRoot } from '../../src/snapshot/compose-root.ts';
import { encodeContent } from '../../src/snapshot/encode.ts';
import { generateSigningKey, importSigner, publicKeyText } from '../../src/snapshot/keys.ts';
import { type RootSigner, sealRoot } from '../../src/snapshot/sign.ts';
import { send } from '../edge/support/client.ts';
import { meshOf, route } from '../edge/support/snapshot.ts';
import { ADMIN_PREFIX, ADMIN_TOKEN, type Runtime, type RuntimeEdge, refreshed, refreshTo } from './support/runtime.ts';

/** An edge of its own that trusts one key only; the tests build on each other. */
export function describeConfiguration(runtime: Runtime): void {
  describe('an edge that has a public key', () => {
    let edge: RuntimeEdge;
    let signer: RootSigner;
    let stranger: RootSigner;

    beforeAll(async () => {
      const key = await generateSigningKey();
      signer = await importSigner(key);
      stranger = await importSigner(await generateSigningKey());
      const SNAPSHOT_PUBLIC_KEY = await publicKeyText(key);
      edge = await runtime.start({ GATEWAY_PORT: '80', ADMIN_PREFIX, ADMIN_TOKEN, SNAPSHOT_PUBLIC_KEY });
    });
    afterAll(() => edge?.stop());

    it('refuses everything while there is no configuration, or none that the key has signed', async () => {
      expect((await send(edge.url)).status).toBe(503);
      for (const untrusted of [undefined, stranger]) {
        await edge.write(await signedEntries('untrusted', 1, untrusted));
        expect(await refreshed(edge)).toBeUndefined();
        expect((await send(edge.url)).status).toBe(503);
      }
    });

    it('serves what the key has signed, once it has it', async () => {
      await edge.write(await signedEntries('first', 2, signer));
      await refreshTo(edge, 2);
      expect((await send(edge.url)).text).toBe('first');
      await edge.write(await signedEntries('second', 3, signer));
      await refreshTo(edge, 3);
      expect((await send(edge.url)).text).toBe('second');
    });

    it('goes on with the last good configuration when another is altered, older, cut off or not there', async () => {
      const good = await signedEntries('altered', 4, signer);
      const root = good.get('root') ?? '';
      for (const broken of [
        new Map([...good, ['root', root.replace('"version":4', '"version":5')]]),
        await signedEntries('older', 1, signer),
        new Map([['root', root.slice(0, -20)]]),
        new Map([['root', '']]),
        await signedEntries('strange', 9, stranger),
      ]) {
        await edge.write(broken);
        expect(await refreshed(edge)).toBe(3);
        expect((await send(edge.url)).text).toBe('second');
      }
    });
  });
}

async function signedEntries(
  body: string,
  version: number,
  signer: RootSigner | undefined,
): Promise<Map<string, string>> {
  const encoded = await encodeContent(meshOf([route({ kind: 'direct-response', status: 200, body })], []));
  const { root } = composeRoot(
    encoded,
    { base: '0', edits: [] },
    {
      mesh: 'test',
      syncer: 'test',
      createdAtMs: version,
      previous: undefined,
      previousVersion: 0,
      keepVersions: 0,
      graceMs: 0,
    },
  );
  return new Map([...encoded.pieces, ['root', await sealRoot(JSON.stringify({ ...root, version }), signer)]]);
}
