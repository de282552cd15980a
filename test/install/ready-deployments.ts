import type { ApiServer } from '../support/api-server/server.ts';

/** Plays the controllers of a cluster: what a Deployment wants is available a moment later. Returns how to end it. */
export function readyDeployments(api: ApiServer): () => void {
  const timer = setInterval(() => {
    for (const { metadata, spec, status } of api.list('apps/v1', 'Deployment')) {
      const replicas = (spec as { replicas?: number }).replicas ?? 1;
      const wanted = {
        observedGeneration: metadata.generation,
        updatedReplicas: replicas,
        availableReplicas: replicas,
      };
      if (JSON.stringify(status) === JSON.stringify(wanted)) continue;
      void fetch(`${api.url}/apis/apps/v1/namespaces/${metadata.namespace}/deployments/${metadata.name}/status`, {
        method: 'PATCH',
        headers: {
          'content-type': 'application/merge-patch+json',
          authorization: `Bearer ${api.authentication.adminToken}`,
        },
        body: JSON.stringify({ status: wanted }),
      });
    }
  }, 50);
  return () => clearInterval(timer);
}
