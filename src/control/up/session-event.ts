import type { SyncerEvent } from '../syncer.ts';
import type { SidecarsState } from './sidecars/state.ts';

export type SessionEvent =
  | { readonly kind: 'sync'; readonly event: SyncerEvent; readonly hosts: readonly string[] }
  | { readonly kind: 'log'; readonly level: string; readonly line: string }
  | { readonly kind: 'restarted' }
  | { readonly kind: 'sidecars'; readonly state: SidecarsState };
