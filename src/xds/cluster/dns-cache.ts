import type { MessageInitShape } from '@bufbuild/protobuf';
import { Cluster_DnsLookupFamily } from '../gen/envoy/config/cluster/v3/cluster_pb.ts';
import type { DnsCacheConfigSchema } from '../gen/envoy/extensions/common/dynamic_forward_proxy/v3/dns_cache_pb.ts';

/** One cache of names for all that are looked up per request: clusters and filters find it by its name. */
export const DNS_CACHE: MessageInitShape<typeof DnsCacheConfigSchema> = {
  name: 'dynamic-dns',
  dnsLookupFamily: Cluster_DnsLookupFamily.V4_PREFERRED,
};
