import { type ConfigMap, kinds } from '../../resources/kinds.ts';
import { asFields } from '../../resources/metadata.ts';
import type { AnalysisContext } from '../context.ts';

const PREFIX = 'istio-sidecar-injector';

/** What the injector of one revision is told. */
export interface InjectorConfig {
  readonly proxyImage: string;
  readonly enableNamespacesByDefault: boolean;
}

/** By the name of their ConfigMap. */
export function injectorConfigs({ resources }: AnalysisContext): ReadonlyMap<string, InjectorConfig> {
  return new Map(
    resources
      .of(kinds.configMap)
      .filter(({ metadata }) => metadata.name.startsWith(PREFIX))
      .map((map) => [map.metadata.name, read(map)]),
  );
}

export function injectorName(revision: string): string {
  return revision === '' || revision === 'default' ? PREFIX : `${PREFIX}-${revision}`;
}

function read({ data }: ConfigMap): InjectorConfig {
  let values: unknown;
  try {
    values = JSON.parse(data?.values ?? '{}');
  } catch {
    // The injector itself could not read this either.
    values = {};
  }
  const fields = asFields(values);
  const global = asFields(fields?.global);
  const image = String(asFields(global?.proxy)?.image ?? '');
  return {
    proxyImage: image.includes('/') ? image : `${global?.hub ?? ''}/${image}:${global?.tag ?? ''}`,
    enableNamespacesByDefault: asFields(fields?.sidecarInjectorWebhook)?.enableNamespacesByDefault === true,
  };
}
