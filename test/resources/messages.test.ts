import { expect, it } from 'vitest';
import { messages } from '../../src/resources/finding-messages.ts';

it('every message has a code of its own', () => {
  const codes = Object.values(messages).map(({ code }) => code);
  expect(codes.filter((code, index) => codes.indexOf(code) !== index)).toEqual([]);
});
