import { messages } from '../../resources/finding-messages.ts';
import { onObject } from '../analysis-finding.ts';
import type { Analyzer } from '../analyzer.ts';

const API_CONDITIONS: readonly string[] = ['Accepted', 'Programmed', 'ResolvedRefs'];

/** Conditions whose False is worth telling. */
const NEGATIVE: Readonly<Record<string, readonly string[]>> = {
  '/Service': ['istio.io/WaypointBound'],
  'networking.istio.io/ServiceEntry': ['istio.io/WaypointBound'],
  'security.istio.io/AuthorizationPolicy': ['ZtunnelAccepted', 'WaypointAccepted'],
  'gateway.networking.k8s.io/Gateway': API_CONDITIONS,
  'gateway.networking.k8s.io/HTTPRoute': API_CONDITIONS,
  'gateway.networking.k8s.io/GRPCRoute': API_CONDITIONS,
};

export const conditions: Analyzer = {
  name: 'conditions.ConditionAnalyzer',
  description: 'Checks for negative status conditions on resources',
  analyze: ({ statuses }) =>
    statuses.flatMap((object) =>
      object.conditions.flatMap(({ type, status, reason, message }) => {
        const isNegative = status === 'False' && (NEGATIVE[object.groupKind] ?? []).includes(type);
        // Accepted, and yet not all of it: reported with status True.
        const isPartial =
          object.groupKind === 'security.istio.io/AuthorizationPolicy' &&
          type === 'WaypointAccepted' &&
          reason === 'PartiallyInvalid';
        if (!isNegative && !isPartial) return [];
        const args = { conditionType: type, reason, message };
        return [onObject(messages.NegativeConditionStatus, object, args, ['status'])];
      }),
    ),
};
