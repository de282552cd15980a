const SHOW_AFTER_MS = 1_000;
const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

/** Says that work goes on once it takes longer than a second, on a terminal only; leaves no trace behind. */
export async function withProgress<T>(what: string, work: Promise<T>): Promise<T> {
  if (!process.stderr.isTTY) return work;
  let frame = 0;
  let isShown = false;
  const startedAtMs = performance.now();
  const timer = setInterval(() => {
    if (performance.now() - startedAtMs < SHOW_AFTER_MS) return;
    isShown = true;
    frame = (frame + 1) % FRAMES.length;
    process.stderr.write(`\r${FRAMES[frame]} ${what} …`);
  }, 100);
  try {
    return await work;
  } finally {
    clearInterval(timer);
    if (isShown) process.stderr.write('\r\u001b[K');
  }
}
