import type { MeshCa } from '../../ca/authority/mesh-ca.ts';
import { asFields } from '../../resources/metadata.ts';
import type { KubeClient } from '../kubernetes/kube-client.ts';
import { isKubeError } from '../kubernetes/kube-error.ts';
import { resourcePath } from '../kubernetes/resource-path.ts';

const GROUP = { group: 'admissionregistration.k8s.io', version: 'v1' };
const KINDS = [
  { ...GROUP, plural: 'mutatingwebhookconfigurations' },
  { ...GROUP, plural: 'validatingwebhookconfigurations' },
];
/** Also what others have changed is put right, and a new tag's webhook is noticed. */
const LOOK_EVERY_MS = 30_000;

export interface CaBundlesOptions {
  readonly client: KubeClient;
  readonly ca: MeshCa;
  /** Of foresaild: webhooks that lead there are ours to keep, whatever they are called. */
  readonly service: { readonly name: string; readonly namespace: string };
  readonly lookEveryMs?: number;
}

export interface CaBundles {
  /** Looks at once; resolves when everything is as it should be, or one try has failed. */
  look(): Promise<void>;
  stop(): void;
}

/**
 * Keeps the roots by which the API server trusts our webhooks: at the start, whenever the CA changes its bundle, and now and then.
 * Every replica may do so: all of them write the same.
 */
export function keepCaBundles({ client, ca, service, lookEveryMs = LOOK_EVERY_MS }: CaBundlesOptions): CaBundles {
  const look = async (): Promise<void> => {
    const caBundle = Buffer.from(ca.bundle.pem).toString('base64');
    for (const kind of KINDS) {
      try {
        const { items } = await client.get<{ items: readonly unknown[] }>(resourcePath(kind));
        for (const item of items) await keep(client, kind, item, service, caBundle);
      } catch (error) {
        ca.log('ca-bundle-failed', { of: kind.plural, why: error instanceof Error ? error.message : String(error) });
      }
    }
  };
  const stopListening = ca.onChange(() => void look());
  const timer = setInterval(() => void look(), lookEveryMs).unref();
  return {
    look,
    stop: () => {
      stopListening();
      clearInterval(timer);
    },
  };
}

async function keep(
  client: KubeClient,
  kind: (typeof KINDS)[number],
  item: unknown,
  service: CaBundlesOptions['service'],
  caBundle: string,
): Promise<void> {
  const configuration = asFields(item);
  const metadata = asFields(configuration?.metadata);
  const webhooks = Array.isArray(configuration?.webhooks) ? configuration.webhooks : [];
  const operations = webhooks.flatMap((webhook: unknown, index) => {
    const config = asFields(asFields(webhook)?.clientConfig);
    const target = asFields(config?.service);
    const isOurs = target?.name === service.name && target.namespace === service.namespace;
    return isOurs && config?.caBundle !== caBundle
      ? [{ op: 'add', path: `/webhooks/${index}/clientConfig/caBundle`, value: caBundle }]
      : [];
  });
  if (operations.length === 0) return;
  // Indexes are only right for the list that was read.
  const guard = { op: 'test', path: '/metadata/resourceVersion', value: metadata?.resourceVersion };
  try {
    await client.patch(resourcePath(kind, { name: String(metadata?.name) }), 'json', [guard, ...operations]);
  } catch (error) {
    // Somebody was faster; the next look sees what has become of it.
    if (!isKubeError(error, 409) && !isKubeError(error, 422)) throw error;
  }
}
