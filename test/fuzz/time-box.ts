/** How long each fuzzer runs: shortly on every `npm test`, together about a minute where CI is set. */
const FUZZERS = 3;
const SECONDS = Number(process.env.FUZZ_SECONDS ?? (process.env.CI ? 60 / FUZZERS : 5));

/** For the test's own timeout: setting up and the last input may come on top. */
export const FUZZ_TIMEOUT_MS = SECONDS * 1000 + 30_000;
/** No input may take longer, in this process. */
export const MAX_INPUT_MS = 200;

/** Calls `work` with seeds until the time is up; says how many there were. */
export async function forAWhile(work: (seed: number) => unknown): Promise<number> {
  const start = Number(process.env.FUZZ_SEED ?? Date.now() % 1_000_000_000);
  const endMs = performance.now() + SECONDS * 1000;
  let seed = start;
  for (; performance.now() < endMs; seed++) {
    try {
      await work(seed);
    } catch (cause) {
      throw new Error(`FUZZ_SEED=${seed} repeats this`, { cause });
    }
    // The other tests of this process, and the sockets of this one, want their turn.
    if (seed % 64 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  return seed - start;
}

/** Fails where an input takes too long, three times over. Only this thread's own time counts: the machine is shared. */
export async function inTime<T>(work: () => T | Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const before = process.threadCpuUsage();
    const result = await work();
    const { user, system } = process.threadCpuUsage(before);
    const tookMs = (user + system) / 1000;
    if (tookMs <= MAX_INPUT_MS) return result;
    if (attempt === 3) throw new Error(`it took ${Math.round(tookMs)} ms`);
  }
}
