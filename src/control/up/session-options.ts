import type { Compiler } from '../compiler.ts';
import type { Source } from '../sources/source.ts';
import type { SessionEvent } from './session-event.ts';
import type { SidecarsMode } from './sidecars/state.ts';

export interface SessionOptions {
  readonly source: Source;
  readonly compiler: Compiler;
  readonly host: string;
  readonly edgePort: number;
  /** Server port on which requests are taken to arrive; undefined: 80, or another plaintext one that has the host. */
  readonly gatewayPort: number | undefined;
  readonly echoMissing: boolean;
  /** Whether programs that annotations name are run. */
  readonly runApps: boolean;
  readonly sidecars: SidecarsMode;
  onEvent(event: SessionEvent): void;
}
