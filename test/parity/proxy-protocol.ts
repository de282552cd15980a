import { create, fromBinary } from '@bufbuild/protobuf';
import { AnySchema } from '@bufbuild/protobuf/wkt';
import { ListenerFilterSchema } from '../../src/xds/gen/envoy/config/listener/v3/listener_components_pb.ts';
import { ListenerSchema } from '../../src/xds/gen/envoy/config/listener/v3/listener_pb.ts';
import { encoded, LISTENER, type XdsResource } from '../../src/xds/resource.ts';

/** The listener believes what the PROXY line of a connection says of its client and of the port it came to. */
export function withProxyProtocol(resource: XdsResource): XdsResource {
  if (resource.typeUrl !== LISTENER) return resource;
  const listener = fromBinary(ListenerSchema, resource.bytes);
  const typeUrl = 'type.googleapis.com/envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol';
  listener.listenerFilters.unshift(
    create(ListenerFilterSchema, {
      name: 'envoy.filters.listener.proxy_protocol',
      configType: { case: 'typedConfig', value: create(AnySchema, { typeUrl }) },
    }),
  );
  return encoded(ListenerSchema, resource.name, listener, resource.origin);
}
