import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CaError } from '../ca-error.ts';
import type { IssuerMaterial } from './issuer.ts';

/** Reads the four files that Istio's documents ask for; without cert-chain.pem the issuer stands right under the root. */
export async function readCacertsFolder(folder: string): Promise<IssuerMaterial> {
  const [caCert, caKey, rootCert] = await Promise.all(
    ['ca-cert.pem', 'ca-key.pem', 'root-cert.pem'].map((file) => readPart(folder, file)),
  );
  const certChain = await readFile(join(folder, 'cert-chain.pem'), 'utf8').catch(() => '');
  return { caCert: caCert ?? '', caKey: caKey ?? '', rootCert: rootCert ?? '', certChain };
}

async function readPart(folder: string, file: string): Promise<string> {
  try {
    return await readFile(join(folder, file), 'utf8');
  } catch (cause) {
    throw new CaError('bad-material', `${join(folder, file)} cannot be read`, {
      fix: 'A folder for --cacerts has ca-cert.pem, ca-key.pem, root-cert.pem and cert-chain.pem.',
      cause,
    });
  }
}
