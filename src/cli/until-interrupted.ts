import { EXIT_INTERRUPTED } from './cli-error.ts';

/**
 * Resolves at the first Ctrl-C or SIGTERM; a second one ends the process at once. Whoever was interrupted says so in its
 * exit code; SIGTERM is how a service is asked to end, and no failure.
 */
export function untilInterrupted(): Promise<void> {
  return new Promise((resolve) => {
    const handle = (signal: NodeJS.Signals): void => {
      process.off('SIGINT', handle);
      process.off('SIGTERM', handle);
      if (signal === 'SIGINT') process.exitCode = EXIT_INTERRUPTED;
      resolve();
    };
    process.on('SIGINT', handle);
    process.on('SIGTERM', handle);
  });
}
