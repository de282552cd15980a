import type { DirectResponseAction, RedirectAction, RouteConfig } from './config.ts';
import { type PreparedForward, prepareForward } from './forward-action.ts';

/** What a route does, ready to be done. */
export type RouteAction =
  | { readonly kind: 'redirect'; readonly config: RedirectAction; readonly needsRegexEngine: boolean }
  | {
      readonly kind: 'direct-response';
      readonly status: number;
      readonly body: string | Uint8Array<ArrayBuffer>;
      readonly needsRegexEngine: false;
    }
  | PreparedForward;

export function prepareAction(route: RouteConfig): RouteAction {
  const { action } = route;
  switch (action.kind) {
    case 'redirect':
      return {
        kind: 'redirect',
        config: action,
        needsRegexEngine: action.path !== undefined && 'regex' in action.path,
      };
    case 'direct-response':
      return { kind: 'direct-response', status: action.status, body: bodyOf(action), needsRegexEngine: false };
    case 'forward':
      return prepareForward(route, action);
  }
}

function bodyOf(action: DirectResponseAction): string | Uint8Array<ArrayBuffer> {
  if (action.bodyBase64 === undefined) return action.body ?? '';
  return Uint8Array.from(atob(action.bodyBase64), (char) => char.charCodeAt(0));
}
