import type { V1Container, V1Pod, V1PodSpec } from '@kubernetes/client-node';
import { decideInjection } from './decide.ts';
import { initContainer } from './init-container.ts';
import { INIT_CONTAINER, PROXY_CONTAINER, STATUS, TEMPLATES, VALIDATION_CONTAINER } from './names.ts';
import { overlayBy, overlayContainer } from './overlay-container.ts';
import {
  appMetrics,
  containerAnnotations,
  mergesMetrics,
  metricsAnnotations,
  podLabels,
  revisionAnnotation,
} from './pod-metadata.ts';
import { podSettings } from './pod-settings.ts';
import { type MovedProbes, moveProbes } from './probes.ts';
import { proxyContainer } from './proxy-container.ts';
import type { InjectionSettings } from './settings.ts';
import { userVolumes } from './user-volumes.ts';
import { PROXY_VOLUMES } from './volumes.ts';
import { workloadNameOf } from './workload-identity.ts';

export type InjectionOutcome =
  | { readonly kind: 'injected'; readonly pod: V1Pod; readonly because: string; readonly warnings: readonly string[] }
  | { readonly kind: 'skipped'; readonly because: string }
  | { readonly kind: 'refused'; readonly why: string };

/** Gives a pod its proxy, or says why not. Injecting twice does what once does. */
export function injectPod(pod: V1Pod, podNamespace: string, settings: InjectionSettings): InjectionOutcome {
  const { metadata = {}, spec = { containers: [] } } = pod;
  const annotations = metadata.annotations ?? {};
  const decision = decideInjection(
    {
      namespace: podNamespace,
      labels: metadata.labels ?? {},
      annotations,
      isOnHostNetwork: spec.hostNetwork === true,
    },
    settings.policy,
  );
  if (!decision.inject) return { kind: 'skipped', because: decision.because };
  if (isInjected(annotations, spec)) return { kind: 'skipped', because: 'it has a proxy already' };
  const own = podSettings(settings, annotations);
  if (typeof own === 'string') return { kind: 'refused', why: own };
  const added = userVolumes(annotations);
  if (typeof added === 'string') return { kind: 'refused', why: added };

  const type = annotations[TEMPLATES] === 'gateway' ? 'router' : 'sidecar';
  const isNative = type === 'sidecar' && own.isNativeSidecar;
  const isMerging = mergesMetrics(annotations, own.isMergingMetrics);
  const workload = workloadNameOf(metadata, podNamespace);
  const users = [...(spec.initContainers ?? []), ...spec.containers].find(({ name }) => name === PROXY_CONTAINER);
  const isApp = ({ name }: V1Container): boolean => name !== PROXY_CONTAINER;
  const [apps, inits] = [spec.containers.filter(isApp), (spec.initContainers ?? []).filter(isApp)];
  const move = (containers: readonly V1Container[]): MovedProbes =>
    own.isRewritingProbes && own.proxy.statusPort !== 0
      ? moveProbes(containers, own.proxy.statusPort)
      : { containers, moved: {}, warnings: [] };
  const [movedApps, movedInits] = [move(apps), move(inits)];

  const template = proxyContainer({
    type,
    settings,
    pod: own,
    workload,
    appContainers: apps,
    probes: { ...movedInits.moved, ...movedApps.moved },
    appMetrics: isMerging ? appMetrics(annotations) : undefined,
    isNative,
  });
  const proxy = overlayContainer(
    { ...template, volumeMounts: overlayBy('mountPath', template.volumeMounts, added.mounts) },
    users,
  );
  const capture = type === 'router' || own.capture === undefined ? [] : [initContainer(settings, own, own.capture)];
  const isFirst = type === 'sidecar' && own.proxy.isHoldingApplication;
  const containers = isNative
    ? movedApps.containers
    : isFirst
      ? [proxy, ...movedApps.containers]
      : [...movedApps.containers, proxy];
  // What runs before the application may need the network too: with a native sidecar it has it.
  const isCheck = settings.isCaptureByCni;
  const initContainers = isNative
    ? [...capture, proxy, ...movedInits.containers]
    : isCheck
      ? [...capture, ...movedInits.containers]
      : [...movedInits.containers, ...capture];
  const pullSecrets = overlayBy('name', spec.imagePullSecrets, settings.imagePullSecrets);
  const status = {
    initContainers: initContainers.filter(isOurs).map(({ name }) => name),
    containers: containers.filter(isOurs).map(({ name }) => name),
    volumes: [...PROXY_VOLUMES, ...added.volumes].map(({ name }) => name),
    imagePullSecrets: settings.imagePullSecrets.map(({ name }) => name),
    revision: settings.revision,
  };
  return {
    kind: 'injected',
    because: decision.because,
    warnings: [...own.warnings, ...movedApps.warnings, ...movedInits.warnings],
    pod: {
      ...pod,
      metadata: {
        ...metadata,
        labels: podLabels(metadata, workload),
        annotations: {
          ...settings.injectedAnnotations,
          ...annotations,
          ...containerAnnotations(annotations, apps[0]?.name),
          ...(isMerging && own.proxy.statusPort !== 0 && metricsAnnotations(own.proxy.statusPort)),
          ...revisionAnnotation(settings.revision),
          [STATUS]: JSON.stringify(status),
        },
      },
      spec: {
        ...spec,
        containers: [...containers],
        ...(initContainers.length > 0 && { initContainers }),
        volumes: overlayBy('name', overlayBy('name', PROXY_VOLUMES, added.volumes), spec.volumes),
        ...(pullSecrets.length > 0 && { imagePullSecrets: pullSecrets }),
      },
    },
  };
}

/** The annotation alone could be copied from anywhere. */
function isInjected(annotations: Readonly<Record<string, string>>, spec: V1PodSpec): boolean {
  const all = [...(spec.initContainers ?? []), ...spec.containers];
  return annotations[STATUS] !== undefined && all.some(({ name }) => name === PROXY_CONTAINER);
}

function isOurs({ name }: V1Container): boolean {
  return name === PROXY_CONTAINER || name === INIT_CONTAINER || name === VALIDATION_CONTAINER;
}
