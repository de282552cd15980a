/** What people say: `GET /reviews/0`. VERSION v1 shows no stars, v2 black ones, v3 red ones. */
import { ask, idAfter, sendJson, serve } from './serve.ts';

const TEXTS: Readonly<Record<string, string>> = {
  Reviewer1: 'An extremely entertaining play by Shakespeare. The slapstick humour is refreshing!',
  Reviewer2:
    'Absolutely fun and entertaining. The play lacks thematic depth when compared to other plays by Shakespeare.',
};
const COLORS: Readonly<Record<string, string>> = { v2: 'black', v3: 'red' };
const version = process.env.VERSION ?? 'v1';
const color = COLORS[version];

serve(`reviews ${version}`, async (request, response, path) => {
  const id = idAfter('/reviews/', path);
  if (id === undefined) return sendJson(response, 400, { error: 'please give a number: /reviews/0' });
  const stars = color === undefined ? undefined : starsOf(await ask('ratings', `/ratings/${id}`, request));
  const reviews = Object.entries(TEXTS).map(([reviewer, text]) => {
    if (color === undefined) return { reviewer, text };
    const given = stars?.get(reviewer);
    const rating =
      given === undefined ? { error: 'Ratings service is currently unavailable' } : { stars: given, color };
    return { reviewer, text, rating };
  });
  sendJson(response, 200, { id, version, reviews });
});

function starsOf(answer: unknown): ReadonlyMap<string, number> | undefined {
  if (typeof answer !== 'object' || answer === null || !('ratings' in answer)) return undefined;
  const entries = Object.entries(answer.ratings ?? {});
  return new Map(entries.filter((entry): entry is [string, number] => typeof entry[1] === 'number'));
}
