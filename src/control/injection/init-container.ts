import type { V1Container } from '@kubernetes/client-node';
import type { CaptureSettings, Selection } from '../../agent/capture/capture-settings.ts';
import { INIT_CONTAINER, VALIDATION_CONTAINER } from './names.ts';
import type { PodSettings } from './pod-settings.ts';
import type { InjectionSettings } from './settings.ts';
import { UNPRIVILEGED } from './unprivileged.ts';

/** The container that makes the rules of capture, or, where a CNI plugin makes them, one that checks that they work. */
export function initContainer(
  settings: InjectionSettings,
  { image, proxy }: PodSettings,
  capture: CaptureSettings,
): V1Container {
  const common = {
    image,
    ...(settings.imagePullPolicy !== undefined && { imagePullPolicy: settings.imagePullPolicy }),
    resources: proxy.initResources,
  };
  if (settings.isCaptureByCni) {
    return {
      name: VALIDATION_CONTAINER,
      ...common,
      args: [...captureArguments(capture), '--run-validation', '--skip-rule-apply'],
      securityContext: UNPRIVILEGED,
    };
  }
  return {
    name: INIT_CONTAINER,
    ...common,
    args: captureArguments(capture),
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { add: ['NET_ADMIN', 'NET_RAW'], drop: ['ALL'] },
      privileged: false,
      // iptables keeps its lock in /run.
      readOnlyRootFilesystem: false,
      runAsGroup: 0,
      runAsNonRoot: false,
      runAsUser: 0,
    },
  };
}

/** The flags of `foresail iptables`, which are those of istio-iptables. */
function captureArguments(capture: CaptureSettings): string[] {
  const text = (selection: Selection): string => (selection === '*' ? '*' : selection.join(','));
  const optional = (flag: string, values: readonly string[]): string[] =>
    values.length === 0 ? [] : [flag, values.join(',')];
  return [
    'iptables',
    ...['-p', String(capture.outboundPort), '-z', String(capture.inboundPort), '-u', capture.proxyUid],
    ...['-m', 'REDIRECT', '-i', text(capture.includeOutboundRanges), '-x', capture.excludeOutboundRanges.join(',')],
    ...['-b', text(capture.includeInboundPorts), '-d', capture.excludeInboundPorts.join(',')],
    ...optional('-q', capture.includeOutboundPorts),
    ...optional('-o', capture.excludeOutboundPorts),
    ...optional('-c', capture.excludeInterfaces),
    ...optional('-k', capture.virtualInterfaces),
    ...(capture.dnsPort === undefined ? [] : ['--redirect-dns', '--dns-port', String(capture.dnsPort)]),
  ];
}
