import type { Origin } from '../../resources/origin.ts';

/** A condition of `status`, as the Gateway API defines its types and reasons. */
export interface Condition {
  readonly type: 'Accepted' | 'Programmed' | 'ResolvedRefs' | 'Conflicted';
  readonly status: 'True' | 'False';
  readonly reason: string;
  readonly message: string;
}

export interface GatewayStatus {
  readonly origin: Origin;
  readonly conditions: readonly Condition[];
  readonly listeners: readonly ListenerStatus[];
}

export interface ListenerStatus {
  readonly name: string;
  readonly attachedRoutes: number;
  readonly supportedKinds: readonly string[];
  readonly conditions: readonly Condition[];
}

/** Of one route in one of its parents. */
export interface RouteParentStatus {
  readonly origin: Origin;
  /** `ns/name` or `ns/name/section` of the parent. */
  readonly parent: string;
  readonly conditions: readonly Condition[];
}

export interface ApiStatus {
  readonly gateways: readonly GatewayStatus[];
  readonly routes: readonly RouteParentStatus[];
}

export function condition(type: Condition['type'], reason: string, message: string, isTrue = true): Condition {
  return { type, status: isTrue ? 'True' : 'False', reason, message };
}
