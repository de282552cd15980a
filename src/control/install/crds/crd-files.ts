import { stringify } from 'yaml';
import { customResourceDefinitions } from './custom-resource-definition.ts';

/** The files of config/crds, as they should be. */
export function crdFiles(): ReadonlyMap<string, string> {
  return new Map(
    [...customResourceDefinitions()].map(([name, definition]) => [
      name,
      `# Generated from src/resources by \`npm run manifests\`.\n${stringify(definition, { aliasDuplicateObjects: false })}`,
    ]),
  );
}
