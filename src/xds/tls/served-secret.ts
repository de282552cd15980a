import type { Fields } from '../any.ts';
import { milliseconds } from '../durations.ts';
import { ApiVersion } from '../gen/envoy/config/core/v3/config_source_pb.ts';
import type { SdsSecretConfigSchema } from '../gen/envoy/extensions/transport_sockets/tls/v3/secret_pb.ts';

/** A secret that is rejected costs its own server; the others of the port wait no longer than this. */
const SECRET_PATIENCE_MS = 5_000;

/** A secret that comes with the rest of the configuration. */
export function servedSecret(name: string): Fields<typeof SdsSecretConfigSchema> {
  return {
    name,
    sdsConfig: {
      configSourceSpecifier: { case: 'ads', value: {} },
      initialFetchTimeout: milliseconds(SECRET_PATIENCE_MS),
      resourceApiVersion: ApiVersion.V3,
    },
  };
}
