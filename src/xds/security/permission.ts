import type { MessageInitShape } from '@bufbuild/protobuf';
import type { OperationConfig, PolicyPathMatcher } from '../../engine/policy-config.ts';
import { packed } from '../any.ts';
import type { PermissionSchema } from '../gen/envoy/config/rbac/v3/rbac_pb.ts';
import { UriTemplateMatchConfigSchema } from '../gen/envoy/extensions/path/match/uri_template/v3/uri_template_match_pb.ts';
import { valueOfHeader } from '../match/header-matcher.ts';
import { stringMatcher } from '../match/string-matcher.ts';

export type PermissionInit = MessageInitShape<typeof PermissionSchema>;

const ANY: PermissionInit = { rule: { case: 'any', value: true } };

export function operationPermission(operation: OperationConfig): PermissionInit {
  return allPermissions([
    ...pair(operation.hosts, operation.notHosts, (host) => header(':authority', host, true)),
    ...pair(operation.ports, operation.notPorts, destinationPort),
    ...pair(operation.methods, operation.notMethods, (method) => header(':method', method, false)),
    ...pair(operation.paths, operation.notPaths, pathPermission),
  ]);
}

export function allPermissions(rules: readonly PermissionInit[]): PermissionInit {
  const [only, ...others] = rules;
  if (only === undefined) return ANY;
  return others.length === 0 ? only : { rule: { case: 'andRules', value: { rules: [...rules] } } };
}

/** One of the values; and none of the others. */
export function pair<V>(
  values: readonly V[] | undefined,
  notValues: readonly V[] | undefined,
  permission: (value: V) => PermissionInit,
): PermissionInit[] {
  const one = (list: readonly V[]): PermissionInit => ({
    rule: { case: 'orRules', value: { rules: list.map(permission) } },
  });
  const rules: PermissionInit[] = [];
  if (values !== undefined && values.length > 0) rules.push(one(values));
  if (notValues !== undefined && notValues.length > 0) rules.push({ rule: { case: 'notRule', value: one(notValues) } });
  return rules;
}

export function destinationPort(value: number): PermissionInit {
  return { rule: { case: 'destinationPort', value } };
}

function header(name: string, matcher: Parameters<typeof valueOfHeader>[1], ignoreCase: boolean): PermissionInit {
  return { rule: { case: 'header', value: valueOfHeader(name, matcher, ignoreCase) } };
}

function pathPermission(path: PolicyPathMatcher): PermissionInit {
  if ('template' in path) {
    const typedConfig = packed(UriTemplateMatchConfigSchema, { pathTemplate: envoyTemplate(path.template) });
    return { rule: { case: 'uriTemplate', value: { name: 'uri-template', typedConfig } } };
  }
  return { rule: { case: 'urlPath', value: { rule: { case: 'path', value: stringMatcher(path) } } } };
}

/** Envoy writes the operators without braces. */
function envoyTemplate(template: string): string {
  return template.replaceAll('{**}', '**').replaceAll('{*}', '*');
}
