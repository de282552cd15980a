import { describe, expect, it } from 'vitest';
import { bucketOf, chooseBucketCount, correspondingBuckets, coveringWildcards } from '../../src/snapshot/bucket.ts';

const KIB = 1024;

describe('buckets', () => {
  it('double beyond 256 KiB and halve only below 64 KiB', () => {
    expect(chooseBucketCount(0)).toBe(1);
    expect(chooseBucketCount(256 * KIB)).toBe(1);
    expect(chooseBucketCount(257 * KIB)).toBe(2);
    expect(chooseBucketCount(5_000 * KIB)).toBe(32);
    // Between the two the layout stays, from wherever it came.
    for (const count of [2, 4]) expect(chooseBucketCount(400 * KIB, count)).toBe(count);
    expect(chooseBucketCount(120 * KIB, 2)).toBe(1);
    expect(chooseBucketCount(10 * KIB, 64)).toBe(1);
  });

  it('are filled evenly', () => {
    const sizes = new Array<number>(32).fill(0);
    for (let i = 0; i < 32_000; i++) {
      const index = bucketOf(`shop-${i}.example.com`, 32);
      sizes[index] = (sizes[index] ?? 0) + 1;
    }
    expect(Math.min(...sizes)).toBeGreaterThan(850);
    expect(Math.max(...sizes)).toBeLessThan(1_150);
  });

  it('correspond to those of another layout', () => {
    for (const [oldCount, newCount] of [
      [4, 16],
      [16, 4],
      [8, 8],
    ] as const) {
      for (let i = 0; i < 200; i++) {
        const domain = `host-${i}`;
        const corresponding = correspondingBuckets([bucketOf(domain, oldCount)], oldCount, newCount);
        expect(corresponding.has(bucketOf(domain, newCount))).toBe(true);
      }
    }
  });
});

it('wildcards cover a host from the longest to the shortest', () => {
  const wildcards = new Set(['*', '*.com', '*.b.com', '*.other.com']);
  expect(coveringWildcards('a.b.com', wildcards)).toEqual(['*.b.com', '*.com', '*']);
  expect(coveringWildcards('b.com', wildcards)).toEqual(['*.com', '*']);
  expect(coveringWildcards('localhost', wildcards)).toEqual(['*']);
});
