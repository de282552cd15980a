import { asFields } from '../../resources/metadata.ts';
import { type TimedCondition, timed, type WrittenCondition } from './condition.ts';
import type { StatusContent } from './desired-status.ts';

type Fields = Readonly<Record<string, unknown>>;

/** The `status` to apply, given the one that is there: times of conditions go on, parents of other controllers stay. */
export function statusBody(content: StatusContent, generation: number, live: Fields, nowMs: number): Fields {
  switch (content.kind) {
    case 'istio':
      return {
        observedGeneration: generation,
        conditions: timed(withFirstVersion(content.conditions, conditionsIn(live)), conditionsIn(live), nowMs),
        validationMessages: content.validationMessages,
      };
    case 'conditions':
      return { conditions: timed(content.conditions, conditionsIn(live), nowMs) };
    case 'gateway':
      return {
        conditions: timed(content.conditions, conditionsIn(live), nowMs),
        listeners: content.listeners.map((listener) => ({
          ...listener,
          conditions: timed(
            listener.conditions,
            conditionsIn(itemsOf(live.listeners).find(({ name }) => name === listener.name)),
            nowMs,
          ),
        })),
      };
    case 'route': {
      const before = itemsOf(live.parents);
      const controllers = new Set(content.parents.map(({ controllerName }) => controllerName));
      // The list is one field to the API server: who writes it writes what others have said too.
      const others = before.filter(({ controllerName }) => !controllers.has(String(controllerName)));
      const own = content.parents.map((parent) => {
        const old = before.find(
          ({ controllerName, parentRef }) =>
            controllerName === parent.controllerName && isSameParent(asFields(parentRef), parent.parentRef),
        );
        return { ...parent, conditions: timed(parent.conditions, conditionsIn(old), nowMs) };
      });
      return { parents: [...others, ...own] };
    }
  }
}

/** The snapshot that first had this generation: another replica, or we before a restart, may have known it better. */
function withFirstVersion(
  conditions: readonly WrittenCondition[],
  before: readonly Partial<TimedCondition>[],
): readonly WrittenCondition[] {
  const old = before.find(({ type }) => type === 'Programmed');
  return conditions.map((condition) => {
    const isKnown =
      condition.type === 'Programmed' &&
      condition.status === 'True' &&
      old?.status === 'True' &&
      old.observedGeneration === condition.observedGeneration;
    return isKnown ? { ...condition, message: old.message ?? condition.message } : condition;
  });
}

function isSameParent(a: Fields | undefined, b: Fields): boolean {
  return ['namespace', 'name', 'sectionName', 'port'].every((field) => a?.[field] === b[field]);
}

function conditionsIn(status: Fields | undefined): Partial<TimedCondition>[] {
  return itemsOf(status?.conditions);
}

function itemsOf(list: unknown): Fields[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((item: unknown): readonly Fields[] => {
    const fields = asFields(item);
    return fields === undefined ? [] : [fields];
  });
}
