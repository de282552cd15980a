import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { expectOutcome } from './expect-outcome.ts';
import { loadSample, sampleFolder } from './load-sample.ts';

const SITE = 'http://bookinfo.localhost';
const JASON = { 'end-user': 'jason' };

function withScenario(name: string) {
  return loadSample('bookinfo', [join('bookinfo-scenarios', `${name}.yaml`)]).serving;
}

describe('the bookinfo sample', () => {
  const { serving, complaints } = loadSample('bookinfo');

  it('has nothing to complain about', () => {
    expect(complaints).toEqual([]);
  });

  it('leads to the page', async () => {
    await expectOutcome(serving, `GET ${SITE}/`, { status: 302, responseHeaders: { location: `${SITE}/productpage` } });
    for (const path of ['/productpage', '/login', '/logout', '/api/v1/products/0']) {
      await expectOutcome(serving, `GET ${SITE}${path}`, {
        destination: 'outbound|9080||productpage.bookinfo.svc.cluster.local',
      });
    }
  });

  it('serves the services behind it, and nothing else', async () => {
    await expectOutcome(serving, `GET ${SITE}/reviews/0`, { service: 'reviews', subset: 'v1' });
    await expectOutcome(serving, `GET ${SITE}/ratings/0`, { service: 'ratings', subset: 'v1' });
    await expectOutcome(serving, 'GET http://anything.example/details/0', { service: 'details', subset: 'v1' });
    await expectOutcome(serving, `GET ${SITE}/elsewhere`, { status: 404, flag: 'NR' });
  });
});

describe('the scenarios of bookinfo', () => {
  const names = readdirSync(sampleFolder('bookinfo-scenarios')).map((file) => file.replace(/\.yaml$/, ''));

  it.each(names)('%s has nothing to complain about', (name) => {
    expect(loadSample('bookinfo', [join('bookinfo-scenarios', `${name}.yaml`)]).complaints).toEqual([]);
  });

  it('jason sees version 2', async () => {
    const serving = withScenario('jason-sees-v2');
    await expectOutcome(serving, { url: `${SITE}/reviews/0`, headers: JASON }, { subset: 'v2' });
    await expectOutcome(serving, `GET ${SITE}/reviews/0`, { subset: 'v1' });
  });

  it('half and half', () =>
    expectOutcome(
      withScenario('half-and-half'),
      `GET ${SITE}/reviews/0`,
      { distribution: { 'reviews/v1': 50, 'reviews/v3': 50 } },
      2000,
    ));

  it('jason waits, or fails; nobody else does', async () => {
    const delayed = withScenario('delay-for-jason');
    await expectOutcome(delayed, { url: `${SITE}/ratings/0`, headers: JASON }, { delayMs: 7000, service: 'ratings' });
    await expectOutcome(delayed, `GET ${SITE}/ratings/0`, { delayMs: 0, service: 'ratings' });
    const aborted = withScenario('abort-for-jason');
    await expectOutcome(aborted, { url: `${SITE}/ratings/0`, headers: JASON }, { status: 500 });
    await expectOutcome(aborted, `GET ${SITE}/ratings/0`, { service: 'ratings' });
  });

  it('the API wants a token, and members of a group see version 3', async () => {
    const serving = withScenario('sign-in');
    const text = readFileSync(join(sampleFolder('bookinfo-scenarios'), 'sign-in.yaml'), 'utf8');
    const [, token] = /TOKEN=(\S+)/.exec(text) ?? [];
    const url = `${SITE}/reviews/0`;
    await expectOutcome(serving, { url, headers: { authorization: `Bearer ${token}` } }, { subset: 'v3' });
    await expectOutcome(serving, { url }, { status: 403, body: 'RBAC: access denied' });
    await expectOutcome(serving, { url, headers: { authorization: 'Bearer x' } }, { status: 401 });
    await expectOutcome(serving, { url: `${SITE}/productpage` }, { service: 'productpage' });
  });

  it('read only', async () => {
    const serving = withScenario('read-only');
    await expectOutcome(serving, `GET ${SITE}/productpage`, { service: 'productpage' });
    await expectOutcome(serving, `POST ${SITE}/login`, { service: 'productpage' });
    await expectOutcome(serving, `DELETE ${SITE}/reviews/0`, { status: 403 });
  });
});
