import type { SnapshotReader } from '../snapshot/reader.ts';
import type { PassIssuer } from './edge-pass.ts';
import type { JwksRefetcher } from './jwks.ts';
import type { Links } from './links.ts';
import type { EdgeSettings } from './settings.ts';
import type { EdgeTelemetry } from './telemetry/edge-telemetry.ts';

/** What all requests of an isolate share. */
export interface EdgeParts {
  readonly settings: EdgeSettings;
  readonly reader: SnapshotReader;
  readonly links: Links;
  /** Undefined without a key: gateways are then reached without a pass. */
  readonly passes: PassIssuer | undefined;
  readonly jwks: JwksRefetcher;
  readonly telemetry: EdgeTelemetry;
  nowMs(): number;
  random(): number;
}
