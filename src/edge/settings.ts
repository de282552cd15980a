import type { Bindings } from './runtime.ts';
import { readTelemetrySettings, type TelemetrySettings } from './telemetry/telemetry-settings.ts';

/** What an operator sets: variables and secrets of the worker. */
export interface EdgeSettings {
  /** Audience of edge passes. */
  readonly mesh: string;
  /**
   * Gateway server port on which requests are taken to arrive: the URL's own port, always this one, or the first
   * plaintext server (80 before all others) that has the host.
   */
  readonly arrival: Arrival;
  readonly refreshMs: number;
  /** JSON of `LinksConfig`. */
  readonly links: string | undefined;
  /** Private JWK (EC P-256 or Ed25519) that signs edge passes. */
  readonly passKey: string | undefined;
  /** Public key of the syncer; with it only roots that it signed are taken. */
  readonly snapshotKey: string | undefined;
  /** Public key whose tokens let their holders ask for explanations; without it there are none. */
  readonly debugKey: string | undefined;
  readonly admin: AdminSettings | undefined;
  readonly telemetry: TelemetrySettings;
}

export type Arrival =
  | { readonly kind: 'url' }
  | { readonly kind: 'any' }
  | { readonly kind: 'port'; readonly port: number };

export interface AdminSettings {
  readonly token: string;
  /** Path prefix without a trailing slash. */
  readonly prefix: string;
  /** Lower case; undefined: on every host. */
  readonly host: string | undefined;
}

const DEFAULT_REFRESH_MS = 5_000;
const DEFAULT_ADMIN_PREFIX = '/_foresail';

export function readSettings(vars: Bindings): EdgeSettings {
  const token = text(vars, 'ADMIN_TOKEN');
  return {
    mesh: text(vars, 'MESH') ?? 'foresail',
    arrival: readArrival(text(vars, 'GATEWAY_PORT')),
    refreshMs: positive(vars, 'REFRESH_MS') ?? DEFAULT_REFRESH_MS,
    links: text(vars, 'FORESAIL_LINKS'),
    passKey: text(vars, 'EDGE_PASS_KEY'),
    snapshotKey: text(vars, 'SNAPSHOT_PUBLIC_KEY'),
    debugKey: text(vars, 'DEBUG_PUBLIC_KEY'),
    telemetry: readTelemetrySettings((name) => text(vars, name)),
    admin:
      token === undefined
        ? undefined
        : {
            token,
            prefix: (text(vars, 'ADMIN_PREFIX') ?? DEFAULT_ADMIN_PREFIX).replace(/\/+$/, ''),
            host: text(vars, 'ADMIN_HOST')?.toLowerCase(),
          },
  };
}

function readArrival(value: string | undefined): Arrival {
  if (value === undefined) return { kind: 'url' };
  if (value === 'any') return { kind: 'any' };
  const port = Number(value);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new TypeError(`GATEWAY_PORT must be a port number or "any", not ${JSON.stringify(value)}`);
  }
  return { kind: 'port', port };
}

function positive(vars: Bindings, name: string): number | undefined {
  const value = text(vars, name);
  if (value === undefined) return undefined;
  const number = Number(value);
  if (!Number.isFinite(number) || number <= 0) throw new TypeError(`${name} must be a positive number, not ${value}`);
  return number;
}

/** Vars may be numbers or objects in wrangler.toml; an empty one counts as not set. */
function text(vars: Bindings, name: string): string | undefined {
  const value = vars[name];
  if (value === undefined || value === null || value === '') return undefined;
  return typeof value === 'string' ? value : JSON.stringify(value);
}
