import { stringify } from 'yaml';
import { customResourceDefinitions } from './custom-resource-definition.ts';

const HEAD = '# Generated from src/resources by `npm run manifests`.\n';

/** The files of config/crds, as they should be. */
export function crdFiles(): ReadonlyMap<string, string> {
  const definitions = customResourceDefinitions();
  const kustomization = {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    resources: [...definitions.keys()],
  };
  const files: readonly (readonly [string, object])[] = [...definitions, ['kustomization.yaml', kustomization]];
  return new Map(files.map(([name, object]) => [name, HEAD + stringify(object, { aliasDuplicateObjects: false })]));
}
