/**
 * Where something comes from: every compiled rule, finding and decision carries one,
 * so that an answer can always be traced to a file and a line.
 */
export interface Origin {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** As given on the command line, relative where it was; absent for objects read from an API server. */
  readonly file?: string;
  /** 1-based. */
  readonly line?: number;
  /** 1-based. */
  readonly column?: number;
  /** Field path inside the object, for example `spec.http[0].match[1].uri`. */
  readonly path?: string;
}

/** `Kind namespace/name`, the way istioctl names an object in its messages. */
export function describeOrigin(origin: Origin): string {
  const name = origin.namespace === '' ? origin.name : `${origin.namespace}/${origin.name}`;
  return `${origin.kind} ${name}`;
}

/** `file:line:column` as far as known, else the object's name. */
export function formatLocation(origin: Origin): string {
  if (origin.file === undefined) return describeOrigin(origin);
  if (origin.line === undefined) return origin.file;
  return origin.column === undefined
    ? `${origin.file}:${origin.line}`
    : `${origin.file}:${origin.line}:${origin.column}`;
}
