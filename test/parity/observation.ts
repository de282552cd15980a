/** What can be seen of a request's fate from outside: the answer, and what the upstream got. */
export interface Observation {
  readonly status: number;
  readonly body: string;
  readonly responseHeaders: ReadonlyMap<string, readonly string[]>;
  readonly forwarded: Forwarded | undefined;
}

export interface Forwarded {
  readonly destination: string;
  readonly method: string;
  readonly target: string;
  readonly authority: string;
  readonly body: string;
  readonly headers: ReadonlyMap<string, readonly string[]>;
}

/** Who makes something else of a request than the engine does in this process. */
export type OtherSide = 'Envoy' | 'workerd';

export interface Difference {
  /** `status`, `target`, `request header x-a` … */
  readonly what: string;
  readonly side: OtherSide;
  readonly engine: string;
  readonly other: string;
}

export function differences(engine: Observation, other: Observation, side: OtherSide): Difference[] {
  const found: Difference[] = [];
  const compare = (what: string, ours: unknown, theirs: unknown): void => {
    if (ours !== theirs)
      found.push({ what, side, engine: String(ours ?? '(none)'), other: String(theirs ?? '(none)') });
  };
  compare('status', engine.status, other.status);
  compare('destination', engine.forwarded?.destination, other.forwarded?.destination);
  if (found.length > 0) {
    compare('body', shortened(engine.body), shortened(other.body));
    return found;
  }
  if (engine.forwarded === undefined || other.forwarded === undefined) {
    compare('body', engine.body, other.body);
  } else {
    compare('method', engine.forwarded.method, other.forwarded.method);
    compare('forwarded body', shortened(engine.forwarded.body), shortened(other.forwarded.body));
    compare('target', engine.forwarded.target, other.forwarded.target);
    compare('authority', engine.forwarded.authority, other.forwarded.authority);
    compareHeaders('request header', engine.forwarded.headers, other.forwarded.headers, compare);
  }
  compareHeaders('response header', engine.responseHeaders, other.responseHeaders, compare);
  return found;
}

function compareHeaders(
  kind: string,
  engine: Observation['responseHeaders'],
  other: Observation['responseHeaders'],
  compare: (what: string, ours: unknown, theirs: unknown) => void,
): void {
  for (const name of [...new Set([...engine.keys(), ...other.keys()])].sort()) {
    compare(`${kind} ${name}`, engine.get(name)?.join(', '), other.get(name)?.join(', '));
  }
}

function shortened(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

export function grouped(lines: Iterable<readonly [string, string]>): Map<string, string[]> {
  const map = new Map<string, string[]>();
  for (const [name, value] of lines) {
    const list = map.get(name);
    if (list === undefined) map.set(name, [value]);
    else list.push(value);
  }
  return map;
}
