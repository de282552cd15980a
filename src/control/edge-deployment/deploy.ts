import { InstallError } from '../install/install-error.ts';
import type { EdgeAccount } from './account.ts';

/** By this variable a worker is known as ours; one of the same name without it is somebody else's. */
export const MARK = 'FORESAIL_EDGE';
const CERTIFICATE_BINDING = 'GATEWAY_CERTIFICATE';

export interface EdgePlan {
  readonly script: string;
  readonly mesh: string;
  readonly kvTitle: string;
  readonly compatibilityDate: string;
  /** Further variables of the worker: links, the snapshot's public key. */
  readonly variables: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, string>>;
  readonly routes: readonly { readonly pattern: string; readonly zone: string }[];
  readonly clientCertificate?: {
    readonly name: string;
    readonly certificatesPem: string;
    readonly privateKeyPem: string;
  };
  bundle(): Promise<string>;
}

export type EdgeStep = { readonly did: 'made' | 'kept' | 'uploaded'; readonly what: string };

/** The KV namespace of an edge: found by its title, made where there is none. */
export async function ensureNamespace(account: EdgeAccount, title: string): Promise<{ id: string; isNew: boolean }> {
  const present = await account.kvNamespace(title);
  if (present !== undefined) return { id: present, isNew: false };
  return { id: await account.createKvNamespace(title), isNew: true };
}

/** Brings the edge to what the plan says. Doing it again uploads the worker again and changes nothing else. */
export async function deployEdge(
  account: EdgeAccount,
  plan: EdgePlan,
  onStep: (step: EdgeStep) => void,
): Promise<void> {
  const { script, routes } = plan;
  const present = await account.bindings(script);
  if (present !== undefined && !present.some(({ name }) => name === MARK)) {
    throw new InstallError(`the worker ${script} is there and not Foresail's`, {
      why: `it has no variable ${MARK}`,
      fix: 'Deploy under another --name; nothing was changed.',
    });
  }
  const wanted = await routesToMake(account, script, routes);
  const { id, isNew } = await ensureNamespace(account, plan.kvTitle);
  onStep({ did: isNew ? 'made' : 'kept', what: `KV namespace ${plan.kvTitle} (${id})` });
  const certificate = await ensureCertificate(account, plan, onStep);
  const variables = { [MARK]: '1', MESH: plan.mesh, ...plan.variables };
  await account.upload(script, {
    code: await plan.bundle(),
    compatibilityDate: plan.compatibilityDate,
    bindings: [
      { type: 'kv_namespace', name: 'CONFIG', namespace_id: id },
      ...Object.entries(variables).map(([name, text]) => ({ type: 'plain_text', name, text })),
      ...(certificate === undefined
        ? []
        : [{ type: 'mtls_certificate', name: CERTIFICATE_BINDING, certificate_id: certificate }]),
    ],
  });
  onStep({ did: 'uploaded', what: `worker ${script}` });
  await ensureSecrets(account, plan, onStep);
  for (const { zoneId, pattern, isThere } of wanted) {
    if (!isThere) await account.createRoute(zoneId, pattern, script);
    onStep({ did: isThere ? 'kept' : 'made', what: `route ${pattern}` });
  }
}

/** A secret that is there is never replaced by a deployment: its value cannot be read, and others may already use it. */
async function ensureSecrets(account: EdgeAccount, { script, secrets }: EdgePlan, onStep: (step: EdgeStep) => void) {
  const present = await account.secretNames(script);
  for (const [name, text] of Object.entries(secrets)) {
    const isThere = present.includes(name);
    if (!isThere) await account.putSecret(script, name, text);
    onStep({ did: isThere ? 'kept' : 'made', what: `secret ${name}` });
  }
}

async function ensureCertificate(
  account: EdgeAccount,
  { clientCertificate }: EdgePlan,
  onStep: (step: EdgeStep) => void,
) {
  if (clientCertificate === undefined) return undefined;
  const { name, certificatesPem, privateKeyPem } = clientCertificate;
  const present = await account.clientCertificate(name);
  onStep({ did: present === undefined ? 'made' : 'kept', what: `client certificate ${name}` });
  return present ?? (await account.uploadClientCertificate(name, certificatesPem, privateKeyPem));
}

/** Looked at before anything is changed: a pattern that leads to another worker stays there. */
async function routesToMake(account: EdgeAccount, script: string, routes: EdgePlan['routes']) {
  const found: { zoneId: string; pattern: string; isThere: boolean }[] = [];
  for (const { pattern, zone } of routes) {
    const zoneId = await account.zoneId(zone);
    if (zoneId === undefined) {
      throw new InstallError(`there is no zone ${zone}`, { fix: 'The API token needs "Workers Routes: Edit" for it.' });
    }
    const present = (await account.routes(zoneId)).find((route) => route.pattern === pattern);
    if (present !== undefined && (present.script ?? '') !== script) {
      throw new InstallError(`the route ${pattern} leads to ${present.script || 'no worker'}`, {
        fix: 'Take it away in the dashboard, or choose another pattern; nothing was changed.',
      });
    }
    found.push({ zoneId, pattern, isThere: present !== undefined });
  }
  return found;
}
