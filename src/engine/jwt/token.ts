/** Always split on spaces, whatever a rule says (ISTIO.md 1.9). */
const SPACE_DELIMITED: readonly string[] = ['scope', 'permission'];

/** Claims of a token whose signature, issuer, audience and times have been verified. */
export class VerifiedToken {
  readonly payload: Readonly<Record<string, unknown>>;
  readonly issuer: string;
  readonly subject: string;
  /** `<iss>/<sub>`; undefined when the token lacks either. */
  readonly principal: string | undefined;
  readonly audiences: readonly string[];
  /** `azp`, the party to which the token was issued. */
  readonly presenter: string | undefined;
  readonly #spaceDelimited: readonly string[];
  /** By claim path: configuration asks for the same few paths, by the same arrays, request after request. */
  readonly #values = new Map<readonly string[], readonly string[] | undefined>();

  constructor(
    payload: Readonly<Record<string, unknown>>,
    audiences: readonly string[],
    spaceDelimited: readonly string[],
  ) {
    this.payload = payload;
    this.issuer = stringClaim(payload, 'iss') ?? '';
    this.subject = stringClaim(payload, 'sub') ?? '';
    this.principal = this.issuer === '' || this.subject === '' ? undefined : `${this.issuer}/${this.subject}`;
    this.audiences = audiences;
    this.presenter = stringClaim(payload, 'azp');
    this.#spaceDelimited = spaceDelimited;
  }

  /**
   * What string conditions see of a claim: the string, or the strings of a list; undefined when the claim is absent
   * or of another type. Numbers and booleans match no string.
   */
  claimValues(path: readonly string[]): readonly string[] | undefined {
    const known = this.#values.get(path);
    if (known !== undefined || this.#values.has(path)) return known;
    const values = this.#read(path);
    if (this.#values.size < 256) this.#values.set(path, values);
    return values;
  }

  #read(path: readonly string[]): readonly string[] | undefined {
    const value = claimAt(this.payload, path);
    if (typeof value === 'string') {
      const [name] = path;
      if (path.length === 1 && name !== undefined && this.#isSpaceDelimited(name)) {
        return value.split(' ').filter((part) => part !== '');
      }
      return [value];
    }
    if (!Array.isArray(value)) return undefined;
    const strings = value.filter((item): item is string => typeof item === 'string');
    return strings.length === 0 ? undefined : strings;
  }

  #isSpaceDelimited(claim: string): boolean {
    return SPACE_DELIMITED.includes(claim) || this.#spaceDelimited.includes(claim);
  }
}

/** The value at a path of object members; own members only, so that no claim is found on a prototype. */
export function claimAt(payload: Readonly<Record<string, unknown>>, path: readonly string[]): unknown {
  let value: unknown = payload;
  for (const name of path) {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, name)) {
      return undefined;
    }
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}

function stringClaim(payload: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = Object.hasOwn(payload, name) ? payload[name] : undefined;
  return typeof value === 'string' ? value : undefined;
}
