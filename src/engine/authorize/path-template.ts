/**
 * Path templates: `{*}` is one path segment or the rest of one, never empty; `{**}` is anything, slashes and the
 * empty string included. The characters are those that Envoy 1.40's uri_template matcher takes, tried one by one.
 */
const SEGMENT_CHARACTERS = "A-Za-z0-9._~%!$&'()*+,;:@=-";

/**
 * The expressions stay linear: `{*}` cannot cross the slash that ends it, and there is one operator to a segment and
 * one `{**}` to a template. Undefined for a template that validation should have refused.
 */
export function preparePathTemplate(template: string): ((path: string) => boolean) | undefined {
  const operators = template.match(/\{\*\*?\}/g) ?? [];
  const isValid =
    !/[{}]/.test(template.replaceAll(/\{\*\*?\}/g, '')) &&
    operators.slice(0, -1).every((operator) => operator === '{*}') &&
    template.split('/').every((segment) => (segment.match(/\{/g) ?? []).length <= 1);
  if (!isValid) return undefined;
  const source = template.replaceAll(/\{\*\*\}|\{\*\}|[^{]+/g, (part) => {
    if (part === '{*}') return `[${SEGMENT_CHARACTERS}]+`;
    if (part === '{**}') return `[/${SEGMENT_CHARACTERS}]*`;
    return part.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
  });
  const expression = new RegExp(`^${source}$`);
  return (path) => expression.test(path);
}

/** What every path that matches starts with. */
export function templatePrefix(template: string): string {
  const brace = template.indexOf('{');
  return brace === -1 ? template : template.slice(0, brace);
}
