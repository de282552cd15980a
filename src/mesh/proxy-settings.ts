import type { SettingsConfig } from '../engine/config.ts';
import type { MeshConfig } from '../resources/mesh-config.ts';
import type { MeshSettings } from './model.ts';

/** What holds for all that a proxy serves. */
export function proxySettings(
  { namespace, serviceAccount }: { readonly namespace: string; readonly serviceAccount: string },
  { meshConfig, trustDomain }: MeshSettings,
): SettingsConfig {
  return {
    pathNormalization: pathNormalization(meshConfig),
    trustDomain,
    numTrustedProxies: meshConfig.defaultConfig?.gatewayTopology?.numTrustedProxies ?? 0,
    serverHeader: 'istio-envoy',
    identity: `spiffe://${trustDomain}/ns/${namespace}/sa/${serviceAccount}`,
  };
}

function pathNormalization({ pathNormalization: mode }: MeshConfig): SettingsConfig['pathNormalization'] {
  const normalization = mode?.normalization ?? 'DEFAULT';
  return normalization === 'DEFAULT' ? 'BASE' : normalization;
}
