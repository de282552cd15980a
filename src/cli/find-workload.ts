import type { Mesh } from '../mesh/model.ts';
import type { MeshService, MeshWorkload } from '../mesh/registry.ts';
import { didYouMean } from '../resources/did-you-mean.ts';
import { BadInput } from './bad-input.ts';

const WORKLOAD_KINDS = /^(?:pods?|po|deploy(?:ment)?s?|statefulsets?|sts|daemonsets?|ds|replicasets?|rs)\//;
const SERVICE_KINDS = /^(?:services?|svc)\//;

/** `name[.namespace]`, as istioctl takes it; the namespace may be left out where one name is meant. */
export function splitName(
  text: string,
  namespace: string | undefined,
): { name: string; namespace: string | undefined } {
  const dot = text.lastIndexOf('.');
  return dot === -1 ? { name: text, namespace } : { name: text.slice(0, dot), namespace: text.slice(dot + 1) };
}

/** What a user means by a workload: the edge itself, a workload, or those of a service. */
export function findWorkloads(mesh: Mesh, text: string, namespace: string | undefined): 'edge' | MeshWorkload[] {
  const { workload } = mesh.edge;
  const bare = text.replace(WORKLOAD_KINDS, '').replace(SERVICE_KINDS, '');
  if (['edge', 'gateway', workload.labels.app, workload.labels.istio].includes(bare)) return 'edge';
  if (!SERVICE_KINDS.test(text)) {
    const found = named(mesh.registry.workloads, bare, namespace, text);
    if (found.length > 0) return found;
  }
  const [service] = WORKLOAD_KINDS.test(text) ? [] : named(mesh.registry.services, bare, namespace, text);
  if (service !== undefined) {
    const workloads = mesh.registry.workloadsOf(service);
    if (workloads.length > 0) return [...workloads];
    throw new BadInput(`no workload is known behind service ${service.name}.${service.namespace}`, {
      why: 'no Pod or Deployment in the folder has the labels of its selector',
      fix: 'Add the Deployment to the folder, or name the workload.',
    });
  }
  const { workloads, services } = mesh.registry;
  if (WORKLOAD_KINDS.test(text)) throw notFound('workload', bare, workloads);
  throw notFound('workload or service', bare, [...workloads, ...services]);
}

export function findService(mesh: Mesh, text: string, namespace: string | undefined): MeshService {
  const bare = text.replace(SERVICE_KINDS, '');
  const byHost = mesh.registry.services.find(({ host }) => host === bare);
  const [service] = byHost === undefined ? named(mesh.registry.services, bare, namespace, text) : [byHost];
  if (service !== undefined) return service;
  throw notFound('service', bare, mesh.registry.services);
}

interface Named {
  readonly name: string;
  readonly namespace: string;
}

/** Names may hold dots of their own: the whole text is tried first. */
function named<T extends Named>(all: readonly T[], bare: string, namespace: string | undefined, text: string): T[] {
  const whole = all.filter((one) => one.name === bare && (namespace === undefined || one.namespace === namespace));
  const { name, namespace: own } = splitName(bare, namespace);
  const found = whole.length > 0 ? whole : all.filter((one) => one.name === name && one.namespace === own);
  const namespaces = new Set(found.map((one) => one.namespace));
  if (namespaces.size <= 1) return found;
  throw new BadInput(`${text} is the name of several`, {
    why: `there is one in each of ${[...namespaces].sort().join(', ')}`,
    fix: `Write ${bare}.NAMESPACE, or name the namespace with -n.`,
  });
}

export function notFound(what: string, name: string, all: readonly Named[]): BadInput {
  if (all.length === 0) {
    return new BadInput(`there is no ${what} ${name}`, {
      why: 'the folder has none',
      fix: 'Add it to the folder, or name another folder with -f.',
    });
  }
  const near = didYouMean(splitName(name, undefined).name, [...new Set(all.map((one) => one.name))]);
  const known = all.slice(0, 8).map((one) => `${one.name}.${one.namespace}`);
  return new BadInput(`there is no ${what} ${name}`, {
    why: `there are ${known.join(', ')}${all.length > 8 ? ', …' : ''}`,
    fix: near === undefined ? 'Name one of these, with its namespace: NAME.NAMESPACE.' : `Did you mean ${near}?`,
  });
}
