import { asFields } from '../../../resources/metadata.ts';
import type { InjectionPolicy } from '../../injection/decide.ts';
import type { KubeClient } from '../../kubernetes/kube-client.ts';
import { withRevision } from '../installation.ts';
import { readInjection } from '../read-injection.ts';
import { getObject } from './plan.ts';

/** By what the injector of a revision decides: its ConfigMap. Undefined: that is not there. */
export async function installedPolicy(
  client: KubeClient,
  namespace: string,
  revision: string,
): Promise<InjectionPolicy | undefined> {
  const dataOf = async (name: string) => {
    const metadata = { name: withRevision(name, revision), namespace };
    return asFields((await getObject(client, { apiVersion: 'v1', kind: 'ConfigMap', metadata }))?.data);
  };
  const [injector, mesh] = await Promise.all([dataOf('istio-sidecar-injector'), dataOf('istio')]);
  if (injector === undefined) return undefined;
  const text = (value: unknown, fallback: string): string => (typeof value === 'string' ? value : fallback);
  return readInjection({
    namespace,
    revision,
    values: text(injector.values, '{}'),
    config: text(injector.config, ''),
    mesh: text(mesh?.mesh, ''),
  }).policy;
}
