import { KubeConfig } from '@kubernetes/client-node';

/** As kubectl finds it: the file given, KUBECONFIG, ~/.kube/config, or the service account of the pod we run in. */
export function loadKubeConfig(file?: string, context?: string): KubeConfig {
  const config = new KubeConfig();
  if (file === undefined) config.loadFromDefault();
  else config.loadFromFile(file);
  if (context !== undefined) config.setCurrentContext(context);
  return config;
}
