import { CliError, EXIT_FINDINGS } from './cli-error.ts';
import { printError } from './output.ts';

/** What the user gave cannot be understood: exit code 1, told apart from work that could not be done. */
export class BadInput extends CliError {}

/** An action whose exit code tells bad input from failure. */
export function checkingInput<A extends unknown[]>(
  action: (...args: A) => Promise<void>,
): (...args: A) => Promise<void> {
  return async (...args) => {
    try {
      await action(...args);
    } catch (error) {
      if (!(error instanceof BadInput)) throw error;
      printError(error);
      process.exitCode = EXIT_FINDINGS;
    }
  };
}
