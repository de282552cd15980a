import type { Samples } from './sample-values.ts';

/** An address inside a block, its last one, and those just outside. Of IPv6 only the block's own address. */
export function addressSamples(block: string): Samples {
  const [address = '', length] = block.split('/');
  const parts = address.split('.').map(Number);
  if (parts.length !== 4 || parts.some((part) => !Number.isInteger(part) || part < 0 || part > 255)) {
    return { fits: [address], misses: ['2001:db8:ffff::1', '203.0.113.250'] };
  }
  const bits = length === undefined ? 32 : Number(length);
  const size = 2 ** (32 - bits);
  const number = parts.reduce((sum, part) => sum * 256 + part, 0);
  const first = Math.floor(number / size) * size;
  const last = first + size - 1;
  const outside = [first - 1, last + 1].filter((one) => one >= 0 && one < 2 ** 32);
  return { fits: [...new Set([first, last])].map(dotted), misses: outside.map(dotted) };
}

function dotted(number: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.');
}
