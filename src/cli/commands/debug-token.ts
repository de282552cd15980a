import type { Command } from 'commander';
import { addMeshNameOption, type DebugTokenOptions, makeDebugToken, parseLifetimeS } from '../debug-token.ts';
import { printLine, stdout } from '../output.ts';

const HELP = `
An edge with the public half in DEBUG_PUBLIC_KEY explains requests to who sends the token as a bearer token:
  GET or POST https://EDGE/.well-known/foresail/explain?request={"url":"https://shop.example.com/cart"}
To everyone else the path is the mesh's own.

Examples:
  # Make the key, and print the first token
  foresail debug-token --debug-key debug.pem --create-debug-key

  # For a colleague, for two minutes
  FORESAIL_DEBUG_TOKEN=$(foresail debug-token --debug-key debug.pem --ttl 2m) foresail explain GET https://shop.example.com/ --live`;

export function configure(command: Command): void {
  addMeshNameOption(command)
    .requiredOption('--debug-key <file>', 'Ed25519 private key in PEM or JWK')
    .option('--create-debug-key', 'make the key of --debug-key when there is none')
    .option('--ttl <time>', 'how long the token is good: 90s, 10m', parseLifetimeS, parseLifetimeS('10m'))
    .addHelpText('after', HELP)
    .action(async ({ ttl, ...options }: DebugTokenOptions & { readonly ttl: number }) => {
      printLine(stdout, await makeDebugToken(options, ttl));
    });
}
