import { stringify } from 'yaml';
import { type MeshConfig, parseMeshConfig } from '../../resources/mesh-config.ts';
import { customResourceDefinitions } from './crds/custom-resource-definition.ts';
import { injectorSettings } from './injector-settings.ts';
import { InstallError } from './install-error.ts';
import type { Installation } from './installation.ts';
import type { KubeObject } from './kube-object.ts';
import { controlPlane } from './manifests/control-plane.ts';
import { gateway } from './manifests/gateway.ts';
import { owned } from './manifests/labels.ts';
import { rbac } from './manifests/rbac.ts';
import { injectorWebhooks, validatorWebhooks } from './manifests/webhook-configurations.ts';
import { applyOverlays, refuseStrayOverlays } from './overlays.ts';

/** A part that is ready before the next one is begun. */
export interface RenderedComponent {
  readonly title: string;
  readonly objects: readonly KubeObject[];
}

/** All objects of an installation, in the order in which they are applied. */
export function render(installation: Installation): RenderedComponent[] {
  const { spec, revision } = installation;
  const { base, pilot, istiodRemote, ingressGateways, egressGateways, clusterGateways } = spec.components;
  const meshConfig = meshConfigOf(installation);
  const injector = injectorSettings(installation, meshConfig);
  const webhooks = [injectorWebhooks(installation), validatorWebhooks(installation)];
  const components: RenderedComponent[] = [];
  const ofPilot: KubeObject[] = [];
  if (base.enabled) components.push({ title: 'Istio core', objects: definitions() });
  if (pilot.enabled) {
    const names = webhooks.map(({ metadata }) => metadata.name);
    const patched = [...names, 'istio-revision-tag-default', 'istiod-default-validator'];
    const objects = [...rbac(installation, patched), ...controlPlane(installation)];
    ofPilot.push(...objects);
    components.push({ title: 'Istiod', objects: applyOverlays(own(objects, 'Pilot', revision), pilot.k8s) });
  }
  // When whoever answers is there: until then they would only hold pods up.
  if (pilot.enabled || istiodRemote.enabled) {
    ofPilot.push(...webhooks);
    components.push({ title: 'Webhooks', objects: applyOverlays(own(webhooks, 'Pilot', revision), pilot.k8s) });
  }
  if (pilot.enabled) refuseStrayOverlays(ofPilot, pilot.k8s);
  for (const [kind, title, list] of [
    ['ingress', 'Ingress gateways', ingressGateways],
    ['egress', 'Egress gateways', egressGateways],
    ['cluster', 'Cluster gateways', clusterGateways],
  ] as const) {
    const enabled = list.filter((one) => one.enabled);
    const objects = enabled.flatMap((one) => {
      const made = own(gateway(installation, one, kind, injector), `Gateway-${one.name}`, revision);
      refuseStrayOverlays(made, one.k8s);
      return applyOverlays(made, one.k8s);
    });
    if (objects.length > 0) components.push({ title, objects });
  }
  return components;
}

function definitions(): KubeObject[] {
  return [...customResourceDefinitions().values()];
}

function own(objects: readonly KubeObject[], component: string, revision: string): KubeObject[] {
  return objects.map((object) => owned(object, component, revision));
}

/** As YAML with one document an object, for `manifest generate`. Undefined fields are left out. */
export function manifestYaml(objects: readonly KubeObject[]): string {
  return objects.map((object) => stringify(plain(object), { aliasDuplicateObjects: false })).join('---\n');
}

/** As JSON has it, which is what is sent. */
export function plain(object: KubeObject): KubeObject {
  return JSON.parse(JSON.stringify(object)) as KubeObject;
}

function meshConfigOf({ spec }: Installation): MeshConfig {
  const { meshConfig, findings } = parseMeshConfig(stringify(spec.meshConfig), { file: 'spec.meshConfig' });
  const error = findings.find(({ level }) => level === 'Error');
  if (error !== undefined) throw new InstallError('spec.meshConfig cannot be read', { why: error.message });
  return meshConfig;
}
