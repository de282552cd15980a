import * as z from 'zod';
import type { Report } from '../report.ts';
import type { FieldPath } from '../resource.ts';
import { int32, portNumber } from '../scalars/numbers.ts';

const variable = z.strictObject({
  name: z.string(),
  value: z.string().optional(),
  valueFrom: z.enum(['INLINE', 'HOST']).optional(),
});

/** What a WasmPlugin and the `wasm` part of a TrafficExtension have in common. */
export const wasmModule = {
  /** `oci://` when it names no scheme. */
  url: z.string(),
  sha256: z.string().optional(),
  imagePullPolicy: z.enum(['UNSPECIFIED_POLICY', 'IfNotPresent', 'Always']).optional(),
  imagePullSecret: z.string().optional(),
  verificationKey: z.string().optional(),
  pluginConfig: z.record(z.string(), z.unknown()).optional(),
  pluginName: z.string().optional(),
  failStrategy: z.enum(['FAIL_CLOSE', 'FAIL_OPEN', 'FAIL_RELOAD']).optional(),
  vmConfig: z.strictObject({ env: z.array(variable).max(256).optional() }).optional(),
  type: z.enum(['UNSPECIFIED_PLUGIN_TYPE', 'HTTP', 'NETWORK']).optional(),
};

/** Where in the filter chain, and for which traffic. */
export const filterPlacement = {
  phase: z.enum(['UNSPECIFIED_PHASE', 'UNSPECIFIED', 'AUTHN', 'AUTHZ', 'STATS']).optional(),
  priority: int32.optional(),
  match: z
    .array(
      z.strictObject({
        mode: z.enum(['UNDEFINED', 'CLIENT', 'SERVER', 'CLIENT_AND_SERVER']).optional(),
        ports: z.array(z.strictObject({ number: portNumber })).optional(),
      }),
    )
    .optional(),
};

const wasmModuleObject = z.strictObject(wasmModule);
export type WasmModule = z.output<typeof wasmModuleObject>;

const SCHEMES = new Set(['file', 'http', 'https', 'oci']);

/** Istio's checks of a WasmPlugin. */
export function checkWasmModule(module: WasmModule, path: FieldPath, report: Report): void {
  const { url, sha256, imagePullSecret = '', pluginName = '', vmConfig } = module;
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):\/\//.exec(url)?.[1];
  if (url === '') report.error([...path, 'url'], 'url field needs to be set');
  else if (scheme !== undefined && !SCHEMES.has(scheme)) {
    report.error([...path, 'url'], `url contains unsupported scheme: ${scheme}`);
  } else if (!URL.canParse(scheme === undefined ? `oci://${url}` : url)) {
    report.error([...path, 'url'], `failed to parse url: "${url}"`);
  }
  if (sha256 && !/^[a-f0-9]{64}$/.test(sha256))
    report.error([...path, 'sha256'], 'sha256 field must match [a-f0-9]{64} pattern');
  if (imagePullSecret.length > 253) {
    report.error([...path, 'imagePullSecret'], 'imagePullSecret field must be less than 253 characters long');
  }
  if (pluginName.length > 256)
    report.error([...path, 'pluginName'], 'pluginName field must be less than 255 characters long');
  const names = new Set<string>();
  for (const [index, { name, value, valueFrom }] of (vmConfig?.env ?? []).entries()) {
    const at = [...path, 'vmConfig', 'env', index];
    if (name === '' || name.length > 256) report.error([...at, 'name'], 'env.name must have 1 to 256 characters');
    if (names.has(name)) report.error([...at, 'name'], `duplicated env: ${name}`);
    if (valueFrom === 'HOST' && value)
      report.error([...at, 'value'], 'value may only be set when valueFrom has INLINE value');
    if ((value?.length ?? 0) > 2048)
      report.error([...at, 'value'], 'env.value field must be less than 2048 characters long');
    names.add(name);
  }
}
