import type { Condition, GatewayStatus, RouteParentStatus } from '../../mesh/gateway-api/status.ts';
import { GATEWAY_GROUP, type ParentReference } from '../../resources/gateway-api/references.ts';
import type { WrittenCondition } from './condition.ts';
import type { DesiredStatus, StatusTarget } from './desired-status.ts';

/** As a GatewayClass names the controller that is responsible for it. */
export const CONTROLLER_NAME = 'foresail.dev/gateway-controller';

export function gatewayClassStatus(target: StatusTarget): DesiredStatus {
  const accepted: WrittenCondition = {
    type: 'Accepted',
    status: 'True',
    reason: 'Accepted',
    message: 'Foresail serves the Gateways of this class',
    observedGeneration: target.generation,
  };
  return { target, content: { kind: 'conditions', conditions: [accepted] } };
}

export function gatewayStatus(target: StatusTarget, { conditions, listeners }: GatewayStatus): DesiredStatus {
  return {
    target,
    content: {
      kind: 'gateway',
      conditions: conditions.map((condition) => written(condition, target)),
      listeners: listeners.map(({ name, attachedRoutes, supportedKinds, conditions: own }) => ({
        name,
        attachedRoutes,
        supportedKinds: supportedKinds.map((kind) => ({ group: GATEWAY_GROUP, kind })),
        conditions: own.map((condition) => written(condition, target)),
      })),
    },
  };
}

/** One entry for each parent that is ours, under the reference as the route has it. */
export function routeStatus(
  target: StatusTarget,
  parentRefs: readonly ParentReference[],
  statuses: readonly RouteParentStatus[],
): DesiredStatus {
  const parents = parentRefs.flatMap((parentRef) => {
    const namespace = parentRef.namespace ?? target.namespace;
    const section = parentRef.sectionName === undefined ? '' : `/${parentRef.sectionName}`;
    const status = statuses.find(({ parent }) => parent === `${namespace}/${parentRef.name}${section}`);
    if (status === undefined) return [];
    const conditions = status.conditions.map((condition) => written(condition, target));
    return [{ parentRef: { ...parentRef }, controllerName: CONTROLLER_NAME, conditions }];
  });
  return { target, content: { kind: 'route', parents } };
}

function written(condition: Condition, { generation }: StatusTarget): WrittenCondition {
  return { ...condition, observedGeneration: generation };
}
