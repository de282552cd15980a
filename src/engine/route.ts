import { prepareAction, type RouteAction } from './action.ts';
import type { RouteConfig } from './config.ts';
import { type Cors, prepareCors } from './cors.ts';
import { type HeaderEdit, prepareMutations } from './header-mutations.ts';
import type { EngineRequest } from './request.ts';
import { prepareMatch, type RouteCondition } from './route-match.ts';
import type { IndexedRule } from './rule-index.ts';

/** A route ready to be matched and acted on. */
export interface PreparedRoute extends IndexedRule<EngineRequest> {
  readonly config: RouteConfig;
  readonly conditions: readonly RouteCondition[];
  readonly needsRegexEngine: boolean;
  readonly action: RouteAction;
  readonly cors: Cors | undefined;
  readonly editRequest: HeaderEdit | undefined;
  readonly editResponse: HeaderEdit | undefined;
  /** How many conditions hold before the first that fails; the number of conditions when all do. */
  firstFailure(request: EngineRequest): number;
}

export function prepareRoute(config: RouteConfig, order: number): PreparedRoute {
  const { conditions, keys, needsRegexEngine } = prepareMatch(config.match);
  const count = conditions.length;
  const firstFailure = (request: EngineRequest): number => {
    for (let i = 0; i < count; i++) if (!(conditions[i] as RouteCondition).test(request)) return i;
    return count;
  };
  const action = prepareAction(config);
  return {
    config,
    order,
    keys,
    conditions,
    needsRegexEngine: needsRegexEngine || action.needsRegexEngine,
    action,
    cors: config.cors === undefined ? undefined : prepareCors(config.cors),
    editRequest: prepareMutations(config.requestHeaders),
    editResponse: prepareMutations(config.responseHeaders),
    firstFailure,
    matches: (request) => firstFailure(request) === count,
  };
}
