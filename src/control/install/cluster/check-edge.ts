import type { KubeClient } from '../../kubernetes/kube-client.ts';
import { getSecret } from '../../kubernetes/secret-ca-store.ts';
import { InstallError } from '../install-error.ts';
import type { Installation } from '../installation.ts';

/** What is said of publishing for the edge; throws where foresaild could not start for want of a token. */
export async function checkEdge(client: KubeClient, installation: Installation): Promise<string | undefined> {
  const { namespace, spec, values } = installation;
  const { kvNamespaceId, accountId, apiBase, secret } = values.edge;
  if (!spec.components.pilot.enabled) return undefined;
  if (kvNamespaceId === undefined) {
    return 'values.edge.kvNamespaceId is not set: foresaild serves proxies, certificates and webhooks, and publishes nothing for the edge';
  }
  // Another API than Cloudflare's need not ask who it is.
  if (apiBase !== undefined) return undefined;
  if (accountId === undefined) {
    throw new InstallError('values.edge.accountId is not set', {
      fix: 'It is the id of the Cloudflare account of the KV namespace.',
    });
  }
  const present = await getSecret(client, namespace, secret);
  if (present?.data?.['api-token'] === undefined) {
    throw new InstallError(`the Secret ${namespace}/${secret} has no api-token`, {
      why: 'foresaild could not write to the KV namespace',
      fix: `Where the namespace is missing, \`kubectl create namespace ${namespace}\`; then \`kubectl create secret generic ${secret} -n ${namespace} --from-file=api-token=<file> --from-file=sign-key=<file>\``,
    });
  }
  return undefined;
}
