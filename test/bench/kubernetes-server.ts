/** The API server of the benchmark, in a process of its own. Objects that it is sent it puts. */
import { installMeshCrds } from '../kube/mesh-crds.ts';
import type { Fields } from '../support/api-server/kube-object.ts';
import { ApiServer } from '../support/api-server/server.ts';
import { bigMesh } from './big-mesh.ts';

const server = await ApiServer.start();
await installMeshCrds(server);
await server.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'istio-system' } });
for (const object of bigMesh()) await server.create(object);
process.on('message', ({ metadata, ...object }: Fields) => {
  // As kubectl sends it: the uid is the server's.
  const { uid: _, ...own } = metadata as Fields;
  void server.put({ ...object, metadata: own });
});
process.send?.({ kubeconfig: server.kubeconfig() });
