/** How many stars people give: `GET /ratings/0`. */
import { idAfter, sendJson, serve } from './serve.ts';

serve('ratings', async (_request, response, path) => {
  const id = idAfter('/ratings/', path);
  if (id === undefined) return sendJson(response, 400, { error: 'please give a number: /ratings/0' });
  sendJson(response, 200, { id, ratings: { Reviewer1: 5, Reviewer2: 4 } });
});
