import { errors } from './api-error.ts';
import { isFields, type KubeObject } from './kube-object.ts';

export type Filter = (object: KubeObject) => boolean;

/** `a=b,c!=d,e in (f,g),h,!i` and `metadata.name=x,status.phase!=y`. */
export function parseSelectors(labelSelector: string | null, fieldSelector: string | null): Filter {
  const filters = [...splitTerms(labelSelector).map(parseLabelTerm), ...splitTerms(fieldSelector).map(parseFieldTerm)];
  return (object) => filters.every((filter) => filter(object));
}

function splitTerms(selector: string | null): string[] {
  return (selector ?? '')
    .split(/,(?![^(]*\))/)
    .map((term) => term.trim())
    .filter((term) => term !== '');
}

function parseLabelTerm(term: string): Filter {
  const [, setKey, operator, list] = /^(\S+)\s+(in|notin)\s+\(([^)]*)\)$/.exec(term) ?? [];
  if (setKey !== undefined) {
    const values = new Set((list ?? '').split(',').map((value) => value.trim()));
    return ({ metadata }) => {
      const value = metadata.labels?.[setKey];
      return operator === 'in' ? value !== undefined && values.has(value) : value === undefined || !values.has(value);
    };
  }
  const [, key, comparison, wanted = ''] = /^([^=!\s]+)\s*(==|=|!=)\s*(.*)$/.exec(term) ?? [];
  if (key !== undefined) {
    return ({ metadata }) => (metadata.labels?.[key] === wanted) === (comparison !== '!=');
  }
  if (term.startsWith('!')) return ({ metadata }) => metadata.labels?.[term.slice(1).trim()] === undefined;
  if (/[()=!\s]/.test(term)) throw errors.badRequest(`unable to parse requirement: ${term}`);
  return ({ metadata }) => metadata.labels?.[term] !== undefined;
}

function parseFieldTerm(term: string): Filter {
  const [, path, comparison, wanted = ''] = /^([^=!]+)(==|=|!=)(.*)$/.exec(term) ?? [];
  if (path === undefined) throw errors.badRequest(`invalid field selector: ${term}`);
  return (object) => {
    let value: unknown = object;
    for (const part of path.split('.')) value = isFields(value) ? value[part] : undefined;
    return (String(value ?? '') === wanted) === (comparison !== '!=');
  };
}

/** A LabelSelector as objects carry it. */
export function matchesLabelSelector(selector: unknown, labels: Readonly<Record<string, string>>): boolean {
  if (!isFields(selector)) return true;
  const matchLabels = isFields(selector.matchLabels) ? selector.matchLabels : {};
  if (!Object.entries(matchLabels).every(([key, value]) => labels[key] === value)) return false;
  const expressions = Array.isArray(selector.matchExpressions) ? selector.matchExpressions : [];
  return expressions.filter(isFields).every(({ key, operator, values }) => {
    const value = labels[String(key)];
    const list = Array.isArray(values) ? values : [];
    switch (operator) {
      case 'In':
        return value !== undefined && list.includes(value);
      case 'NotIn':
        return value === undefined || !list.includes(value);
      case 'Exists':
        return value !== undefined;
      default:
        return value === undefined;
    }
  });
}
