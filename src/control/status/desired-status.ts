import type { AnyKind } from '../../resources/kinds.ts';
import type { WrittenCondition } from './condition.ts';

/** Which object a status is for. */
export interface StatusTarget {
  readonly definition: AnyKind;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly generation: number;
}

/** What an object's status should say. */
export interface DesiredStatus {
  readonly target: StatusTarget;
  readonly content: StatusContent;
}

export type StatusContent =
  | {
      readonly kind: 'istio';
      readonly conditions: readonly WrittenCondition[];
      readonly validationMessages: readonly ValidationMessage[];
    }
  | { readonly kind: 'conditions'; readonly conditions: readonly WrittenCondition[] }
  | {
      readonly kind: 'gateway';
      readonly conditions: readonly WrittenCondition[];
      readonly listeners: readonly ListenerContent[];
    }
  | { readonly kind: 'route'; readonly parents: readonly ParentContent[] };

export interface ListenerContent {
  readonly name: string;
  readonly attachedRoutes: number;
  readonly supportedKinds: readonly { readonly group: string; readonly kind: string }[];
  readonly conditions: readonly WrittenCondition[];
}

export interface ParentContent {
  readonly parentRef: Readonly<Record<string, unknown>>;
  readonly controllerName: string;
  readonly conditions: readonly WrittenCondition[];
}

/** istio.analysis.v1alpha1.AnalysisMessageBase, as Istio's status carries it. */
export interface ValidationMessage {
  readonly type: { readonly name: string; readonly code: string };
  readonly level: 'ERROR' | 'WARNING' | 'INFO';
  readonly documentationUrl: string;
}

export function idOf({ definition, namespace, name }: Pick<StatusTarget, 'definition' | 'namespace' | 'name'>): string {
  return `${definition.group}/${definition.kind}/${namespace}/${name}`;
}
