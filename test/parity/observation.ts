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
  readonly headers: ReadonlyMap<string, readonly string[]>;
}

export interface Difference {
  /** `status`, `target`, `request header x-a` … */
  readonly what: string;
  readonly edge: string;
  readonly envoy: string;
}

export function differences(edge: Observation, envoy: Observation): Difference[] {
  const found: Difference[] = [];
  const compare = (what: string, ours: unknown, theirs: unknown): void => {
    if (ours !== theirs) found.push({ what, edge: String(ours ?? '(none)'), envoy: String(theirs ?? '(none)') });
  };
  compare('status', edge.status, envoy.status);
  compare('destination', edge.forwarded?.destination, envoy.forwarded?.destination);
  if (found.length > 0) {
    compare('body', shortened(edge.body), shortened(envoy.body));
    return found;
  }
  if (edge.forwarded === undefined || envoy.forwarded === undefined) {
    compare('body', edge.body, envoy.body);
  } else {
    compare('method', edge.forwarded.method, envoy.forwarded.method);
    compare('target', edge.forwarded.target, envoy.forwarded.target);
    compare('authority', edge.forwarded.authority, envoy.forwarded.authority);
    compareHeaders('request header', edge.forwarded.headers, envoy.forwarded.headers, compare);
  }
  compareHeaders('response header', edge.responseHeaders, envoy.responseHeaders, compare);
  return found;
}

function compareHeaders(
  kind: string,
  edge: Observation['responseHeaders'],
  envoy: Observation['responseHeaders'],
  compare: (what: string, ours: unknown, theirs: unknown) => void,
): void {
  for (const name of [...new Set([...edge.keys(), ...envoy.keys()])].sort()) {
    compare(`${kind} ${name}`, edge.get(name)?.join(', '), envoy.get(name)?.join(', '));
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
