import * as z from 'zod';
import { int32, uint32 } from '../scalars/numbers.ts';
import { networkingWorkloadSelector, policyTargetReference } from '../scalars/selector.ts';

const subFilter = z.strictObject({ name: z.string().optional() });

const listenerMatch = z.strictObject({
  portNumber: uint32.optional(),
  portName: z.string().optional(),
  filterChain: z
    .strictObject({
      name: z.string().optional(),
      sni: z.string().optional(),
      transportProtocol: z.string().optional(),
      applicationProtocols: z.string().optional(),
      filter: z.strictObject({ name: z.string().optional(), subFilter: subFilter.optional() }).optional(),
      destinationPort: uint32.optional(),
    })
    .optional(),
  listenerFilter: z.string().optional(),
  name: z.string().optional(),
});

const routeConfigurationMatch = z.strictObject({
  portNumber: uint32.optional(),
  portName: z.string().optional(),
  gateway: z.string().optional(),
  vhost: z
    .strictObject({
      name: z.string().optional(),
      domainName: z.string().optional(),
      route: z
        .strictObject({
          name: z.string().optional(),
          action: z.enum(['ANY', 'ROUTE', 'REDIRECT', 'DIRECT_RESPONSE']).optional(),
        })
        .optional(),
    })
    .optional(),
  name: z.string().optional(),
});

const clusterMatch = z.strictObject({
  portNumber: uint32.optional(),
  service: z.string().optional(),
  subset: z.string().optional(),
  name: z.string().optional(),
});

const configPatch = z.strictObject({
  applyTo: z
    .enum([
      'INVALID',
      'LISTENER',
      'FILTER_CHAIN',
      'NETWORK_FILTER',
      'HTTP_FILTER',
      'ROUTE_CONFIGURATION',
      'VIRTUAL_HOST',
      'HTTP_ROUTE',
      'CLUSTER',
      'EXTENSION_CONFIG',
      'BOOTSTRAP',
      'LISTENER_FILTER',
    ])
    .optional(),
  match: z
    .strictObject({
      context: z.enum(['ANY', 'SIDECAR_INBOUND', 'SIDECAR_OUTBOUND', 'GATEWAY', 'WAYPOINT']).optional(),
      proxy: z
        .strictObject({ proxyVersion: z.string().optional(), metadata: z.record(z.string(), z.string()).optional() })
        .optional(),
      listener: listenerMatch.optional(),
      routeConfiguration: routeConfigurationMatch.optional(),
      cluster: clusterMatch.optional(),
      waypoint: z
        .strictObject({
          portNumber: uint32.optional(),
          filter: z.strictObject({ name: z.string().optional(), subFilter: subFilter.optional() }).optional(),
          route: z.strictObject({ name: z.string().optional() }).optional(),
        })
        .optional(),
    })
    .optional(),
  patch: z
    .strictObject({
      operation: z
        .enum([
          'INVALID',
          'MERGE',
          'ADD',
          'REMOVE',
          'INSERT_BEFORE',
          'INSERT_AFTER',
          'INSERT_FIRST',
          'REPLACE',
          'MERGE_AND_REPLACE_LIST',
        ])
        .optional(),
      /** Envoy's own configuration. */
      value: z.record(z.string(), z.unknown()).optional(),
      filterClass: z.enum(['UNSPECIFIED', 'AUTHN', 'AUTHZ', 'STATS']).optional(),
    })
    .optional(),
});

export const envoyFilterSpec = z.strictObject({
  workloadSelector: networkingWorkloadSelector.optional(),
  targetRefs: z.array(policyTargetReference).max(16).optional(),
  configPatches: z.array(configPatch).optional(),
  priority: int32.optional(),
});

export type EnvoyFilterSpec = z.output<typeof envoyFilterSpec>;
export type EnvoyConfigPatch = z.output<typeof configPatch>;
