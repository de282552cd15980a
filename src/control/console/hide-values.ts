const HIDDEN = '(hidden)';
const CREDENTIAL_NAME = /passw(or)?d|secret|token|credential|api[-_]?key|private[-_]?key|^authorization$|^cookie$/i;
/** Names of references and settings that only sound like credentials. */
const HARMLESS_NAME =
  /^(credentialNames?|secretName|secretRef|secretKeyRef|forwardOriginalToken|automountServiceAccountToken|allowCredentials)$/;
/** Whole objects in the words of somebody else; whatever was in them is in there. */
const COPIES = new Set(['kubectl.kubernetes.io/last-applied-configuration']);
/** RFC 7518: the private members of a key; `k` is a shared secret. */
const JWK_PRIVATE = new Set(['d', 'p', 'q', 'dp', 'dq', 'qi', 'k', 'oth']);
const PEM_KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----/;
const JWT = /eyJ[\w-]+\.[\w-]+(?:\.[\w-]*)?/g;

/** A JSON value without what must not be shown, and how many values that were. */
export function hideValues(value: unknown): { readonly value: unknown; readonly hidden: number } {
  let hidden = 0;
  const hide = (): string => {
    hidden++;
    return HIDDEN;
  };
  const text = (one: string): string => {
    if (PEM_KEY.test(one)) return hide();
    const keys = withoutPrivateKeys(one);
    if (keys !== undefined) hidden++;
    return (keys ?? one).replace(JWT, hide);
  };
  const walk = (one: unknown, name: string): unknown => {
    if (typeof one === 'string') {
      return CREDENTIAL_NAME.test(name) && !HARMLESS_NAME.test(name) ? hide() : text(one);
    }
    if (Array.isArray(one)) return one.map((item) => walk(item, name));
    if (typeof one !== 'object' || one === null) return one;
    const isSecret = 'kind' in one && one.kind === 'Secret';
    return Object.fromEntries(
      Object.entries(one).map(([key, child]) => {
        if (COPIES.has(key)) return [key, hide()];
        if (isSecret && (key === 'data' || key === 'stringData')) return [key, hideAll(child, hide)];
        // An environment variable: its name stands beside its value.
        if (key === 'value' && 'name' in one && typeof one.name === 'string') return [key, walk(child, one.name)];
        return [key, walk(child, key)];
      }),
    );
  };
  return { value: walk(value, ''), hidden };
}

function hideAll(data: unknown, hide: () => string): unknown {
  if (typeof data !== 'object' || data === null) return hide();
  return Object.fromEntries(Object.keys(data).map((key) => [key, hide()]));
}

/** Undefined: the text is no set of keys, or there is nothing in it to hide. */
function withoutPrivateKeys(text: string): string | undefined {
  if (!text.includes('"kty"')) return undefined;
  let found = false;
  const hideMember = (name: string, member: unknown): unknown => {
    if (!JWK_PRIVATE.has(name)) return member;
    found = true;
    return HIDDEN;
  };
  try {
    const shown = JSON.stringify(JSON.parse(text, hideMember));
    return found ? shown : undefined;
  } catch {
    return undefined;
  }
}
