import type { InstallValues } from '../values.ts';

interface Variable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: { readonly secretKeyRef: { name: string; key: string; optional?: boolean } };
}

/** What `foresail foresaild` reads from its environment, by the key of the Secret that holds it. */
const OPTIONAL_KEYS = {
  FORESAIL_SIGN_KEY: 'sign-key',
  FORESAIL_ADMIN_TOKEN: 'admin-token',
  FORESAIL_TELEMETRY_TOKEN: 'telemetry-token',
} as const;

/** Where foresaild publishes for the edge, and with what; values stay in the Secret. */
export function edgeEnvironment({ accountId, kvNamespaceId, apiBase, secret }: InstallValues['edge']): Variable[] {
  const plain = {
    CLOUDFLARE_ACCOUNT_ID: accountId,
    FORESAIL_KV_NAMESPACE_ID: kvNamespaceId,
    FORESAIL_KV_API_BASE: apiBase,
  };
  const fromSecret = (name: string, key: string, optional: boolean): Variable => ({
    name,
    valueFrom: { secretKeyRef: { name: secret, key, ...(optional && { optional }) } },
  });
  return [
    ...Object.entries(plain).flatMap(([name, value]) => (value === undefined ? [] : [{ name, value }])),
    // A pod without the token could only fail later, and less clearly.
    ...(kvNamespaceId === undefined ? [] : [fromSecret('CLOUDFLARE_API_TOKEN', 'api-token', apiBase !== undefined)]),
    ...Object.entries(OPTIONAL_KEYS).map(([name, key]) => fromSecret(name, key, true)),
  ];
}
