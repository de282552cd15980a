import { DEFAULT_REVISION } from '../../injection/names.ts';
import type { KubeClient } from '../../kubernetes/kube-client.ts';
import { resourcePath } from '../../kubernetes/resource-path.ts';
import { InstallError } from '../install-error.ts';
import type { KubeObject } from '../kube-object.ts';
import { owned, REVISION_LABEL } from '../manifests/labels.ts';
import { defaultValidator, tagWebhooks, type WebhookTarget } from '../manifests/webhook-configurations.ts';
import { getObject } from './plan.ts';

const TAG_LABEL = 'istio.io/tag';
const HOOKS = { group: 'admissionregistration.k8s.io', version: 'v1', plural: 'mutatingwebhookconfigurations' };
const NAMESPACES = { group: '', version: 'v1', plural: 'namespaces' };

export interface Tag {
  readonly tag: string;
  readonly revision: string;
  /** Namespaces that ask for the tag by a label. */
  readonly namespaces: readonly string[];
}

/** The objects of a tag; `default` also validates what carries no revision. */
export function tagObjects(tag: string, target: WebhookTarget): KubeObject[] {
  const objects = [tagWebhooks(tag, target), ...(tag === DEFAULT_REVISION ? [defaultValidator(target)] : [])];
  return objects.map((object) => owned(object, 'Tag', target.revision));
}

export async function listTags(client: KubeClient): Promise<Tag[]> {
  const { items } = await client.get<{ items: KubeObject[] }>(resourcePath(HOOKS), {
    query: { labelSelector: TAG_LABEL },
  });
  const { items: namespaces } = await client.get<{ items: KubeObject[] }>(resourcePath(NAMESPACES));
  return items.map(({ metadata: { labels = {} } }) => {
    const tag = labels[TAG_LABEL] ?? '';
    const asking = namespaces.filter(({ metadata }) => {
      const own = metadata.labels ?? {};
      const isDefault = tag === DEFAULT_REVISION && own['istio-injection'] === 'enabled';
      return isDefault || (own['istio-injection'] === undefined && own[REVISION_LABEL] === tag);
    });
    return { tag, revision: labels[REVISION_LABEL] ?? '', namespaces: asking.map(({ metadata }) => metadata.name) };
  });
}

/** The revisions that are installed: those with a control plane's injector. */
export async function listRevisions(client: KubeClient): Promise<string[]> {
  const query = { labelSelector: `${REVISION_LABEL},!${TAG_LABEL}` };
  const { items } = await client.get<{ items: KubeObject[] }>(resourcePath(HOOKS), { query });
  return [...new Set(items.flatMap(({ metadata }) => metadata.labels?.[REVISION_LABEL] ?? []))].sort();
}

/** Why a tag may not be set; thrown, as all of it is for people. */
export async function checkTag(
  client: KubeClient,
  tag: string,
  revision: string,
  isOverwriting: boolean,
): Promise<void> {
  const revisions = await listRevisions(client);
  if (!revisions.includes(revision)) {
    const there = revisions.length === 0 ? 'There are none.' : `There are ${revisions.join(', ')}.`;
    throw new InstallError(`there is no revision ${revision}`, {
      fix: `${there} Install one with \`foresail install --revision\`.`,
    });
  }
  if (revisions.includes(tag)) {
    throw new InstallError(`${tag} is the name of a revision`, {
      why: 'namespaces that ask for it could not say which they mean',
    });
  }
  const present = (await listTags(client)).find((one) => one.tag === tag);
  if (present !== undefined && !isOverwriting && present.revision !== revision) {
    throw new InstallError(`the tag ${tag} points to ${present.revision} already`, {
      fix: 'Move it with --overwrite.',
    });
  }
}

/** The objects of a tag that are there, for removal. */
export async function presentTagObjects(client: KubeClient, tag: string): Promise<KubeObject[]> {
  const wanted = tagObjects(tag, { namespace: '', revision: '' });
  const present = await Promise.all(wanted.map((object) => getObject(client, object)));
  return present.flatMap((object, index) => {
    const kind = wanted[index];
    return object === undefined || kind === undefined
      ? []
      : [{ ...object, apiVersion: kind.apiVersion, kind: kind.kind }];
  });
}
