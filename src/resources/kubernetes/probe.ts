import * as z from 'zod';
import { intOrString } from '../scalars/numbers.ts';

/** A liveness, readiness or startup probe: what injection rewrites. */
export const probe = z.object({
  httpGet: z
    .object({
      path: z.string().optional(),
      port: intOrString,
      host: z.string().optional(),
      scheme: z.string().optional(),
      httpHeaders: z.array(z.object({ name: z.string(), value: z.string() })).optional(),
    })
    .optional(),
  tcpSocket: z.object({ port: intOrString, host: z.string().optional() }).optional(),
  grpc: z.object({ port: z.int(), service: z.string().nullish() }).optional(),
  exec: z.object({ command: z.array(z.string()).optional() }).optional(),
  initialDelaySeconds: z.int().optional(),
  timeoutSeconds: z.int().optional(),
  periodSeconds: z.int().optional(),
  successThreshold: z.int().optional(),
  failureThreshold: z.int().optional(),
});
