import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import { applyObject } from '../install/cluster/carry-out.ts';
import type { KubeObject } from '../install/kube-object.ts';
import type { KubeClient } from '../kubernetes/kube-client.ts';
import { isKubeError } from '../kubernetes/kube-error.ts';
import { RESOURCES, resourcePath } from '../kubernetes/resource-path.ts';
import { getSecret } from '../kubernetes/secret-ca-store.ts';
import { readerAccount } from './reader-account.ts';
import { MULTICLUSTER_LABEL } from './remote-secrets.ts';

export interface RemoteSecretOptions {
  /** Of the cluster whose API server is to be read. */
  readonly client: KubeClient;
  /** How other clusters reach it. */
  readonly server: string;
  /** Cluster id. */
  readonly name: string;
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly waitMs?: number;
}

export type RemoteSecret =
  | { readonly kind: 'made'; readonly secret: KubeObject }
  | { readonly kind: 'refused'; readonly why: string; readonly fix: string };

const WAIT_MS = 20_000;
const POLL_MS = 200;

/** Istio's remote secret: a kubeconfig with the token of a service account that may read the cluster, and no more. */
export async function createRemoteSecret(options: RemoteSecretOptions): Promise<RemoteSecret> {
  const { server, name, namespace } = options;
  const account = await readerToken(options);
  if (account.kind === 'refused') return account;
  const kubeconfig = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server, 'certificate-authority-data': account.ca } }],
    users: [{ name, user: { token: account.token } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    'current-context': name,
  };
  return {
    kind: 'made',
    secret: {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: {
        name: `istio-remote-secret-${name}`,
        namespace,
        labels: { [MULTICLUSTER_LABEL]: 'true' },
        annotations: { 'networking.istio.io/cluster': name },
      },
      stringData: { [name]: stringify(kubeconfig) },
    },
  };
}

type Token =
  | { readonly kind: 'token'; readonly token: string; readonly ca: string }
  | Extract<RemoteSecret, { kind: 'refused' }>;

/** A token that lives as long as its Secret: Kubernetes fills in one that names the account. */
async function readerToken({
  client,
  namespace,
  serviceAccount,
  waitMs = WAIT_MS,
}: RemoteSecretOptions): Promise<Token> {
  const accounts = { group: '', version: 'v1', plural: 'serviceaccounts' };
  try {
    await client.get(resourcePath(accounts, { namespace, name: serviceAccount }));
  } catch (error) {
    if (!isKubeError(error, 404)) throw error;
    for (const object of readerAccount(serviceAccount, namespace)) await applyObject(client, object);
  }
  const name = `${serviceAccount}-istio-remote-secret-token`;
  const annotations = { 'kubernetes.io/service-account.name': serviceAccount };
  const type = 'kubernetes.io/service-account-token';
  const deadlineMs = Date.now() + waitMs;
  for (;;) {
    const found = await getSecret(client, namespace, name);
    if (found === undefined) {
      const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace, annotations }, type };
      await client.post(resourcePath(RESOURCES.secrets, { namespace }), secret);
    }
    const token = found?.data?.token;
    const ca = found?.data?.['ca.crt'];
    if (token !== undefined && ca !== undefined) {
      return { kind: 'token', token: Buffer.from(token, 'base64').toString('utf8'), ca };
    }
    if (Date.now() > deadlineMs) {
      return {
        kind: 'refused',
        why: `nobody has filled the token into Secret ${namespace}/${name}`,
        fix: 'See whether the controller manager of that cluster runs, then try again.',
      };
    }
    await sleep(POLL_MS);
  }
}
