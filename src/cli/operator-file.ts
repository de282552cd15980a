import { readFile } from 'node:fs/promises';
import { stringify } from 'yaml';
import { kinds, resourcesOf } from '../resources/kinds.ts';
import { asFields } from '../resources/metadata.ts';
import { parseYaml } from '../resources/parse.ts';
import { CliError } from './cli-error.ts';

/** What an IstioOperator says to a control plane that runs; the rest of it is about installing. */
export interface OperatorSettings {
  readonly meshConfig?: { readonly file: string; readonly text: string };
  readonly revision?: string;
  readonly clusterId?: string;
  readonly network?: string;
  readonly meshId?: string;
  readonly trustDomain?: string;
}

export async function readOperator(file: string | undefined): Promise<OperatorSettings> {
  if (file === undefined) return {};
  const { resources, findings } = parseYaml(await readText(file), { file });
  const [operator] = resourcesOf(resources, kinds.istioOperator);
  if (operator === undefined) {
    throw new CliError(`${file} holds no IstioOperator`, {
      why: findings[0]?.message ?? 'nothing in it is of kind IstioOperator',
      fix: 'Name a file of kind IstioOperator in install.istio.io/v1alpha1.',
    });
  }
  const { meshConfig, values, revision } = operator.spec;
  const global = asFields(values?.global);
  const multiCluster = asFields(global?.multiCluster);
  return {
    ...(meshConfig === undefined ? {} : { meshConfig: { file, text: stringify(meshConfig) } }),
    ...text('revision', revision),
    ...text('clusterId', multiCluster?.clusterName),
    ...text('network', global?.network),
    ...text('meshId', global?.meshID),
    ...text('trustDomain', meshConfig?.trustDomain),
  };
}

function text<K extends string>(key: K, value: unknown): { [P in K]?: string } {
  if (typeof value !== 'string' || value === '') return {};
  const field: { [P in K]?: string } = {};
  field[key] = value;
  return field;
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new CliError(`${file} cannot be read`, {
      why: cause instanceof Error ? cause.message : String(cause),
      fix: 'Name a file of kind IstioOperator.',
      cause,
    });
  }
}
