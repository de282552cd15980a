import type { Any } from '@bufbuild/protobuf/wkt';
import type { Fields } from '../any.ts';
import type { HttpFilterSchema } from '../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts';

export type HttpFilterInit = Fields<typeof HttpFilterSchema>;

export function httpFilter(name: string, value: Any): HttpFilterInit {
  return { name, configType: { case: 'typedConfig', value } };
}
