import { access, readFile, writeFile } from 'node:fs/promises';
import { generateSigningKey, importSigner, publicKeyText } from '../snapshot/keys.ts';
import type { RootSigner } from '../snapshot/sign.ts';
import { CliError } from './cli-error.ts';
import { printLine, stderr } from './output.ts';

export interface SigningKeyFile {
  readonly file: string;
  /** The edge's variable for the public half. */
  readonly variable: string;
  readonly createOption: string;
  readonly create: boolean;
}

/** An Ed25519 private key; made when there is none and that is asked for. */
export async function openSigningKey({ file, variable, createOption, create }: SigningKeyFile): Promise<RootSigner> {
  if (create && !(await exists(file))) await createKey(file, variable);
  try {
    return await importSigner(await readFile(file, 'utf8'));
  } catch (cause) {
    throw new CliError(`the signing key ${file} cannot be used`, {
      why: cause instanceof Error ? cause.message : String(cause),
      fix: `Give an Ed25519 private key, or let foresail make one with ${createOption}.`,
      cause,
    });
  }
}

async function createKey(file: string, variable: string): Promise<void> {
  const key = await generateSigningKey();
  // Only its owner may read it; never over a file that came into being meanwhile.
  await writeFile(file, key, { mode: 0o600, flag: 'wx' });
  printLine(stderr, `made the signing key ${file}; give every edge its public half in the variable ${variable}:`);
  printLine(stderr, `  ${await publicKeyText(key)}`);
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
