import { parseMeshConfig } from '../../resources/mesh-config.ts';
import { asFields } from '../../resources/metadata.ts';
import { readDocument } from '../../resources/yaml/read-document.ts';
import type { InjectionSettings } from '../injection/settings.ts';
import { injectorSettings } from './injector-settings.ts';
import { InstallError } from './install-error.ts';
import { resolveInstallation } from './installation.ts';

/** What `install` has written down for the injector: the texts of two ConfigMaps, `istio-sidecar-injector` and `istio`. */
export interface InjectorTexts {
  readonly namespace: string;
  readonly revision: string;
  readonly values: string;
  readonly config: string;
  readonly mesh: string;
}

/** The settings of an installed injector, for foresaild and for `kube-inject`. */
export function readInjection({ namespace, revision, values, config, mesh }: InjectorTexts): InjectionSettings {
  const document = readDocument(config, { start: 0, end: config.length });
  const { policy } = asFields('value' in document ? document.value : undefined) ?? {};
  const spec = { namespace, values: parseJson(values), components: { pilot: { enabled: true } } };
  const installation = resolveInstallation({ specs: [spec], sets: ['profile=empty'], revision });
  const { meshConfig } = parseMeshConfig(mesh, { file: 'mesh' });
  const settings = injectorSettings(installation, meshConfig);
  return { ...settings, policy: { ...settings.policy, byDefault: policy !== 'disabled' } };
}

function parseJson(values: string): unknown {
  try {
    return JSON.parse(values);
  } catch (cause) {
    throw new InstallError('the values of the injector are no JSON', { why: String(cause), cause });
  }
}
