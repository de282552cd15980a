import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { FolderStore } from '../../src/store/folder.ts';

let path: string;

beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'foresail-store-'));
});

afterEach(() => rm(path, { recursive: true, force: true }));

it('writes, reads, lists and deletes', async () => {
  const store = new FolderStore(join(path, 'new', 'store'));
  expect(await store.list('')).toEqual([]);
  expect(await store.get('root')).toBeUndefined();
  await store.put(
    new Map([
      ['b/2', '{"ü":1}'],
      ['b/1', '{}'],
      ['root', 'x\ny'],
    ]),
  );
  expect(await store.list('b/')).toEqual(['b/1', 'b/2']);
  expect(await store.getMany(['b/2', 'root', 'b/9'])).toEqual(
    new Map([
      ['b/2', '{"ü":1}'],
      ['root', 'x\ny'],
    ]),
  );
  await store.delete(['b/1', 'b/9']);
  expect(await store.list('')).toEqual(['b/2', 'root']);
});

it('shows readers the old value or the new one, never a part', async () => {
  const store = new FolderStore(path);
  const values = ['a', 'b'].map((letter) => letter.repeat(300_000));
  await store.put(new Map([['root', values[0] ?? '']]));
  let isDone = false;
  const reading = (async () => {
    const reader = new FolderStore(path);
    let reads = 0;
    while (!isDone) {
      expect(values.includes((await reader.get('root')) ?? '')).toBe(true);
      reads++;
    }
    return reads;
  })();
  for (let i = 0; i < 60; i++) await store.put(new Map([['root', values[i % 2] ?? '']]));
  isDone = true;
  expect(await reading).toBeGreaterThan(10);
  expect(await readdir(path)).toEqual(['root.json']);
});

it('does not list what a crash left behind', async () => {
  const store = new FolderStore(path);
  await mkdir(join(path, 'b'));
  await writeFile(join(path, 'b', '1.json.42-x.draft'), '{');
  expect(await store.list('')).toEqual([]);
});

it.each(['../evil', 'b/../../evil', '/etc/passwd', 'b//x', '', '.hidden', 'b/.x'])(
  'takes %j for no key',
  async (key) => {
    const store = new FolderStore(path);
    await expect(store.get(key)).rejects.toMatchObject({ code: 'rejected' });
    await expect(store.put(new Map([[key, 'x']]))).rejects.toMatchObject({ code: 'rejected' });
  },
);

it('says what is wrong with the folder', async () => {
  const file = join(path, 'file');
  await writeFile(file, '');
  await expect(new FolderStore(file).put(new Map([['root', 'x']]))).rejects.toMatchObject({
    code: 'rejected',
    why: 'a part of the path is a file',
  });
});
