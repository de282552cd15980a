import type { HostPort } from '../address.ts';

/** How connections come to Envoy. */
export type InboundCapture =
  /** By iptables: all arrive at one listener, with the address that the client wanted. */
  | { readonly mode: 'REDIRECT'; readonly address: '0.0.0.0' | '::' }
  /** Envoy is what clients connect to, at an address of its own for each port. */
  | {
      readonly mode: 'NONE';
      /** Undefined: the port is not served. */
      readonly bind: (port: number) => HostPort | undefined;
      readonly app: (port: number) => HostPort;
    };

export interface InboundOptions {
  readonly capture: InboundCapture;
}
