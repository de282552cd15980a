const NULLS = new Set(['', '~', 'null', 'Null', 'NULL']);
const TRUES = new Set(['true', 'True', 'TRUE', 'y', 'Y', 'yes', 'Yes', 'YES', 'on', 'On', 'ON']);
const FALSES = new Set(['false', 'False', 'FALSE', 'n', 'N', 'no', 'No', 'NO', 'off', 'Off', 'OFF']);
const INTEGER = /^[-+]?(0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO]?[0-7_]+|[0-9][0-9_]*)$/;
const FLOAT = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/;
const SPECIAL_FLOAT = /^([-+]?)\.(inf|Inf|INF)$/;
const MAYBE_SPECIAL = /^[-+.0-9~tTfFyYnNoO]/;

/**
 * What an unquoted YAML scalar means to Kubernetes: sigs.k8s.io/yaml resolves by YAML 1.1, so `yes`, `on` and
 * `010` are no strings there. Being stricter than YAML 1.2 here shows the user what `kubectl` would refuse.
 */
export function resolvePlainScalar(text: string): string | number | boolean | null {
  if (text === '') return null;
  if (!MAYBE_SPECIAL.test(text)) return text;
  if (NULLS.has(text)) return null;
  if (TRUES.has(text)) return true;
  if (FALSES.has(text)) return false;
  if (INTEGER.test(text)) return parseInteger(text);
  if (FLOAT.test(text)) return Number(text);
  const special = SPECIAL_FLOAT.exec(text);
  if (special) return special[1] === '-' ? -Infinity : Infinity;
  return text === '.nan' || text === '.NaN' || text === '.NAN' ? Number.NaN : text;
}

function parseInteger(text: string): number | string {
  const negative = text.startsWith('-');
  const digits = text.replace(/^[-+]/, '').replaceAll('_', '');
  // Go reads a leading zero as octal.
  const literal = /^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits;
  const value = Number(literal);
  if (Number.isNaN(value)) return text;
  return negative ? -value : value;
}
