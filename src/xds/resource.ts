import { createHash } from 'node:crypto';
import { type DescMessage, type MessageShape, toBinary } from '@bufbuild/protobuf';
import type { ConfigOrigin } from '../engine/values.ts';
import { ClusterSchema } from './gen/envoy/config/cluster/v3/cluster_pb.ts';
import { ClusterLoadAssignmentSchema } from './gen/envoy/config/endpoint/v3/endpoint_pb.ts';
import { ListenerSchema } from './gen/envoy/config/listener/v3/listener_pb.ts';
import { RouteConfigurationSchema } from './gen/envoy/config/route/v3/route_pb.ts';
import { SecretSchema } from './gen/envoy/extensions/transport_sockets/tls/v3/secret_pb.ts';
import { WeakValues } from './weak-values.ts';

/** One named resource of Envoy's API, encoded once however many clients get it. */
export interface XdsResource {
  readonly typeUrl: string;
  readonly name: string;
  /** Hash of the bytes: equal resources are equal versions. */
  readonly version: string;
  readonly bytes: Uint8Array;
  /** What it was made from, to be named when a client rejects it. */
  readonly origin: ConfigOrigin | undefined;
}

/** What one proxy gets. */
export interface ProxyResources {
  /** One and the same list for all that get it. */
  readonly shared: readonly XdsResource[];
  /** Counts where both have a name. */
  readonly own: readonly XdsResource[];
}

export function encoded<D extends DescMessage>(
  schema: D,
  name: string,
  message: MessageShape<D>,
  origin: ConfigOrigin | undefined,
): XdsResource {
  return resourceOf(typeUrlOf(schema), name, toBinary(schema, message), origin);
}

export function resourceOf(
  typeUrl: string,
  name: string,
  bytes: Uint8Array,
  origin: ConfigOrigin | undefined,
): XdsResource {
  const version = createHash('sha256').update(bytes).digest('base64url').slice(0, 22);
  const key = `${typeUrl} ${version} ${name}`;
  const known = living.get(key);
  if (known !== undefined && isSameOrigin(known.origin, origin)) return known;
  const resource = { typeUrl, name, version, bytes, origin };
  living.set(key, resource);
  return resource;
}

/** What is equal is one object, whichever mesh or proxy it is made for: a thousand proxies have much in common. */
const living = new WeakValues<XdsResource>();

/** Where a resource was written belongs to it: lines move while its bytes stay. */
export function isSameResource(a: XdsResource | undefined, b: XdsResource): boolean {
  return a === b || (a !== undefined && a.version === b.version && isSameOrigin(a.origin, b.origin));
}

export function isSameOrigin(a: ConfigOrigin | undefined, b: ConfigOrigin | undefined): boolean {
  return a === b || (a?.file === b?.file && a?.line === b?.line && a?.name === b?.name && a?.kind === b?.kind);
}

export function typeUrlOf(schema: DescMessage): string {
  return `type.googleapis.com/${schema.typeName}`;
}

export const CLUSTER = typeUrlOf(ClusterSchema);
export const ENDPOINTS = typeUrlOf(ClusterLoadAssignmentSchema);
export const LISTENER = typeUrlOf(ListenerSchema);
export const ROUTES = typeUrlOf(RouteConfigurationSchema);
export const SECRET = typeUrlOf(SecretSchema);

/** Make before break: what is pointed to is sent before what points to it (Envoy, "Eventual consistency"). */
export const PUSH_ORDER: readonly string[] = [CLUSTER, ENDPOINTS, LISTENER, ROUTES, SECRET];
