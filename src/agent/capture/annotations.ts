import { type CaptureSettings, parseList, parseSelection } from './capture-settings.ts';

const PREFIX = 'traffic.sidecar.istio.io/';

type Writable = { -readonly [Key in keyof CaptureSettings]?: CaptureSettings[Key] };

/** What each annotation of a pod changes. */
const MEANINGS: Readonly<Record<string, (value: string, settings: Writable, before: CaptureSettings) => void>> = {
  [`${PREFIX}includeOutboundIPRanges`]: (value, settings) => {
    settings.includeOutboundRanges = parseSelection(value);
  },
  [`${PREFIX}excludeOutboundIPRanges`]: (value, settings) => {
    settings.excludeOutboundRanges = parseList(value);
  },
  [`${PREFIX}includeOutboundPorts`]: (value, settings) => {
    settings.includeOutboundPorts = parseList(value);
  },
  [`${PREFIX}excludeOutboundPorts`]: (value, settings) => {
    settings.excludeOutboundPorts = parseList(value);
  },
  [`${PREFIX}includeInboundPorts`]: (value, settings) => {
    settings.includeInboundPorts = parseSelection(value);
  },
  // In addition to those that the agent and Envoy need for themselves.
  [`${PREFIX}excludeInboundPorts`]: (value, settings, before) => {
    settings.excludeInboundPorts = [...new Set([...before.excludeInboundPorts, ...parseList(value)])];
  },
  [`${PREFIX}excludeInterfaces`]: (value, settings) => {
    settings.excludeInterfaces = parseList(value);
  },
  [`${PREFIX}kubevirtInterfaces`]: (value, settings) => {
    settings.virtualInterfaces = parseList(value);
  },
  'istio.io/reroute-virtual-interfaces': (value, settings) => {
    settings.virtualInterfaces = parseList(value);
  },
};

/** The settings as a pod's annotations change them; other annotations mean nothing here. */
export function applyAnnotations(
  settings: CaptureSettings,
  annotations: Readonly<Record<string, string>>,
): CaptureSettings {
  const changes: Writable = {};
  for (const [name, value] of Object.entries(annotations)) MEANINGS[name]?.(value, changes, settings);
  return { ...settings, ...changes };
}
