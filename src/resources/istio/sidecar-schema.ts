import * as z from 'zod';
import { uint32 } from '../scalars/numbers.ts';
import { networkingWorkloadSelector } from '../scalars/selector.ts';
import { destination } from './destination.ts';
import { serverTlsSettings } from './server-tls.ts';
import { connectionPoolSettings } from './traffic-policy.ts';

const sidecarPort = z.strictObject({
  number: uint32.optional(),
  protocol: z.string().optional(),
  name: z.string().optional(),
  targetPort: uint32.optional(),
});

const captureMode = z.enum(['DEFAULT', 'IPTABLES', 'NONE']);

const ingressListener = z.strictObject({
  port: sidecarPort,
  bind: z.string().optional(),
  captureMode: captureMode.optional(),
  defaultEndpoint: z.string().optional(),
  tls: serverTlsSettings.optional(),
  connectionPool: connectionPoolSettings.optional(),
});

const egressListener = z.strictObject({
  port: sidecarPort.optional(),
  bind: z.string().optional(),
  captureMode: captureMode.optional(),
  hosts: z.array(z.string()),
});

export const sidecarSpec = z.strictObject({
  workloadSelector: networkingWorkloadSelector.optional(),
  ingress: z.array(ingressListener).optional(),
  egress: z.array(egressListener).optional(),
  inboundConnectionPool: connectionPoolSettings.optional(),
  outboundTrafficPolicy: z
    .strictObject({ mode: z.enum(['REGISTRY_ONLY', 'ALLOW_ANY']).optional(), egressProxy: destination.optional() })
    .optional(),
});

export type SidecarSpec = z.output<typeof sidecarSpec>;
export type SidecarPort = z.output<typeof sidecarPort>;
export type SidecarIngressListener = z.output<typeof ingressListener>;
export type SidecarEgressListener = z.output<typeof egressListener>;
