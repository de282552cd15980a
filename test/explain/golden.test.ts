import { expect, it } from 'vitest';
import { explain } from '../../src/control/explain/explain.ts';
import { certainEnvironment } from '../../src/control/simulate/environment.ts';
import { servingConfigOf } from '../../src/control/simulate/serving.ts';
import { goldenCase, requestOf } from './golden-cases.ts';
import { rendered } from './render.ts';

const SEEDS = 'seeds/step-by-step';

/** Cases of the seeds, by what they show; they are written anew by `npx vitest run test/explain/golden.test.ts --update`. */
const CASES: readonly (readonly [file: string, folder: string, request: string | { url: string; method?: string }])[] =
  [
    ['200-jason-sees-v2', `${SEEDS}/jason-sees-v2`, 'jason'],
    ['200-weights', `${SEEDS}/half-and-half`, 'half'],
    ['200-delay', `${SEEDS}/jason-waits-seven-seconds`, 'jason'],
    ['200-claims', `${SEEDS}/claims-verified-by-the-gateway`, 'a member'],
    ['200-rewrite', 'seeds/guestbook/v2-by-path', { url: 'http://guestbook.lvh.me/v2/x' }],
    ['302-redirect', 'redirect/codes', { url: 'http://a.example.com/302' }],
    ['401-token', `${SEEDS}/claims-verified-by-the-gateway`, 'a bad token'],
    [
      '403-policy',
      `${SEEDS}/deny-a-path-at-the-gateway`,
      { url: 'http://application.example.com/v1/services/elasticsearch/clear' },
    ],
    ['403-by-every-sidecar', `${SEEDS}/deny-a-path-in-the-sidecar`, 'the path'],
    ['404-claims-missing', `${SEEDS}/claims-verified-by-the-gateway`, 'no token'],
    ['404-nearest-rule', `${SEEDS}/claims-verified-by-the-gateway`, 'another path'],
    ['404-no-host', `${SEEDS}/https-gateway-with-tls`, 'another host'],
    [
      '404-private-virtual-service',
      'seeds/introduction-en/with-export-to-indented',
      { url: 'http://a.example.com/service-a' },
    ],
    ['404-no-server', `${SEEDS}/https-gateway-without-tls`, 'not served'],
    ['500-abort', `${SEEDS}/jason-gets-500`, 'jason'],
    ['503-no-subset', 'seeds/guestbook/subsets-without-a-destination-rule', { url: 'http://guestbook.lvh.me/' }],
  ];

it.each(CASES)('%s', async (file, folder, request) => {
  const golden = goldenCase(folder);
  const { mesh, findings } = golden;
  const description =
    typeof request === 'string' ? await requestOf(golden, request) : { method: 'GET', headers: {}, ...request };
  const input = { serving: servingConfigOf(mesh.edge), hosts: [...mesh.edge.domains.keys()], mesh, findings };
  const explanation = await explain(input, description, certainEnvironment({ nowMs: Date.UTC(2026, 0, 1) }));
  await expect(rendered(explanation)).toMatchFileSnapshot(`golden/${file}.txt`);
});
