import type { ConfigOrigin } from '../../../engine/values.ts';
import type { Origin } from '../../../resources/origin.ts';

/** One line of a description, with its details below it. */
export interface Described {
  /** `Service`, `Port`, `VirtualService` … */
  readonly what: string;
  readonly text: string;
  readonly origin?: ConfigOrigin;
  /** Something that is probably not meant so. */
  readonly isWarning?: boolean;
  readonly details?: readonly Described[];
}

export function described(
  what: string,
  text: string,
  more: { origin?: Origin | ConfigOrigin | undefined; details?: readonly Described[] } = {},
): Described {
  const { origin, details } = more;
  return {
    what,
    text,
    ...(origin === undefined ? {} : { origin: withoutColumn(origin) }),
    ...(details === undefined || details.length === 0 ? {} : { details }),
  };
}

export function warning(text: string, origin?: Origin | ConfigOrigin): Described {
  return { ...described('warning', text, { origin }), isWarning: true };
}

function withoutColumn(origin: Origin | ConfigOrigin): ConfigOrigin {
  const { column: _, ...rest } = origin as Origin;
  return rest;
}
