/** What a book is: `GET /details/0`. */
import { idAfter, sendJson, serve } from './serve.ts';

serve('details', async (_request, response, path) => {
  const id = idAfter('/details/', path);
  if (id === undefined) return sendJson(response, 400, { error: 'please give a number: /details/0' });
  sendJson(response, 200, {
    id,
    author: 'William Shakespeare',
    year: 1595,
    type: 'paperback',
    pages: 200,
    publisher: 'PublisherA',
    language: 'English',
    'ISBN-10': '1234567890',
    'ISBN-13': '123-1234567890',
  });
});
