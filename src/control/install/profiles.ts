import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { didYouMean } from '../../resources/did-you-mean.ts';
import { asFields } from '../../resources/metadata.ts';
import { readDocument } from '../../resources/yaml/read-document.ts';
import { InstallError } from './install-error.ts';

const FOLDER = fileURLToPath(new URL('../../../config/profiles', import.meta.url));

export function profileNames(): string[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => basename(file, '.yaml'))
    .sort();
}

/** `spec` of a profile. */
export function readProfile(name: string): Readonly<Record<string, unknown>> {
  const names = profileNames();
  if (!names.includes(name)) {
    const nearest = didYouMean(name, names);
    throw new InstallError(`there is no profile ${name}`, {
      fix: `${nearest === undefined ? '' : `Did you mean ${nearest}? `}There are ${names.join(', ')}.`,
    });
  }
  return operatorSpecIn(readFileSync(join(FOLDER, `${name}.yaml`), 'utf8'), name);
}

/** `spec` of the IstioOperator in a text. Several documents would leave open which one counts. */
export function operatorSpecIn(text: string, file: string): Readonly<Record<string, unknown>> {
  const document = readDocument(text, { start: 0, end: text.length });
  if ('problem' in document) throw new InstallError(`${file} is no YAML`, { why: document.problem.reason });
  const object = asFields(document.value);
  if (object?.kind !== 'IstioOperator') {
    throw new InstallError(`${file} is no IstioOperator`, { why: `it is of kind ${String(object?.kind)}` });
  }
  const { namespace } = asFields(object.metadata) ?? {};
  // Where the operator's object lies is where it installs, as in Istio.
  return { ...(typeof namespace === 'string' && { namespace }), ...asFields(object.spec) };
}
