import { KubeConfig } from '@kubernetes/client-node';
import { parse } from 'yaml';
import { asFields } from '../../resources/metadata.ts';

export type RemoteKubeconfig =
  | { readonly kind: 'usable'; readonly config: KubeConfig }
  /** `why` says nothing of what it holds. */
  | { readonly kind: 'refused'; readonly why: string };

/**
 * Of users and clusters, what would run a program, read a file of foresaild's own or trust anybody: as in Istio it is
 * refused, for whoever may write the Secret is not whoever runs foresaild.
 */
const REFUSED: Readonly<Record<string, string>> = {
  exec: 'a program would be run',
  'auth-provider': 'a program would be run',
  'client-certificate': 'write its data instead',
  'client-key': 'write its data instead',
  tokenFile: 'write the token instead',
  'certificate-authority': 'write its data instead',
  'insecure-skip-tls-verify': 'anybody could answer',
};

/** The kubeconfig of a remote cluster, which holds all that it needs itself. */
export function readRemoteKubeconfig(text: string): RemoteKubeconfig {
  const config = new KubeConfig();
  let fields: Readonly<Record<string, unknown>> | undefined;
  try {
    fields = asFields(parse(text));
    config.loadFromString(text);
  } catch {
    // The parser quotes the text, which holds credentials.
    return refused('it is no YAML of kind Config');
  }
  for (const [list, key] of [
    [fields?.users, 'user'],
    [fields?.clusters, 'cluster'],
  ] as const) {
    for (const named of Array.isArray(list) ? list : []) {
      const given = asFields(asFields(named)?.[key]) ?? {};
      const wrong = Object.keys(REFUSED).find((field) => given[field] !== undefined && given[field] !== false);
      if (wrong !== undefined) return refused(`${wrong} is not allowed: ${REFUSED[wrong]}`);
    }
  }
  const cluster = config.getCurrentCluster();
  if (cluster === null || config.getCurrentUser() === null) {
    return refused('its current context names no cluster and user that it holds');
  }
  if (!/^https?:$/.test(URL.parse(cluster.server)?.protocol ?? '')) return refused('the server is no URL');
  return { kind: 'usable', config };
}

function refused(why: string): RemoteKubeconfig {
  return { kind: 'refused', why };
}
