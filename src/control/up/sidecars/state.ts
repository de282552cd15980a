/** What of the mesh's inside runs on this machine, for people and scripts. */
export type SidecarsState =
  | { readonly kind: 'off' }
  /** There are none, and why; requests go from the edge to the applications in plaintext. */
  | { readonly kind: 'unavailable'; readonly why: string }
  | { readonly kind: 'starting' }
  | {
      readonly kind: 'running';
      /** URL of the cluster gateway. */
      readonly gateway: string;
      readonly sidecars: readonly RunningSidecar[];
      /** Pods without one, because there are too many. */
      readonly leftOut: number;
    };

export interface RunningSidecar {
  /** `<namespace>/<name>` */
  readonly pod: string;
  readonly address: string;
  readonly identity: string;
}

export type SidecarsMode = 'auto' | 'required' | 'off';

/** Sidecars were required, and there can be none. */
export class NoSidecars extends Error {
  override readonly name = 'NoSidecars';
  readonly why: string;
  readonly fix = 'Say `--sidecars=auto` to go on without them.';

  constructor(why: string) {
    super('sidecars are required, and cannot be had');
    this.why = why;
  }
}
