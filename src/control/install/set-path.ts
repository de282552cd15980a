import { asFields } from '../../resources/metadata.ts';
import { readDocument } from '../../resources/yaml/read-document.ts';
import { InstallError } from './install-error.ts';

/** One `--set path=value` of istioctl, as the change that it makes: `components.pilot.k8s.replicaCount=3`. */
export function applySet(spec: unknown, assignment: string): unknown {
  const at = assignment.indexOf('=');
  if (at < 1) throw new InstallError(`--set ${assignment} is no assignment`, { fix: 'Write it as path=value.' });
  const path = parsePath(assignment.slice(0, at));
  return put(spec, path, parseValue(assignment.slice(at + 1)), assignment);
}

/** Dots part keys, `\.` is a dot of a key, `[0]` is an index. */
function parsePath(text: string): (string | number)[] {
  const keys = text.split(/(?<!\\)\./).map((key) => key.replaceAll('\\.', '.'));
  return keys.flatMap((key) => {
    const [, name = '', indexes = ''] = /^([^[]*)((?:\[\d+\])*)$/.exec(key) ?? [undefined, key, ''];
    const numbers = [...indexes.matchAll(/\[(\d+)\]/g)].map(([, index]) => Number(index));
    return name === '' ? numbers : [name, ...numbers];
  });
}

/** As YAML reads it: numbers and booleans are what they look like. */
function parseValue(text: string): unknown {
  const document = readDocument(text, { start: 0, end: text.length });
  return 'value' in document ? document.value : text;
}

function put(target: unknown, [key, ...rest]: readonly (string | number)[], value: unknown, what: string): unknown {
  if (key === undefined) return value;
  if (typeof key === 'number') {
    const list = target === undefined ? [] : target;
    if (!Array.isArray(list) || key > list.length) {
      throw new InstallError(`--set ${what}: there is no entry ${key}`, { fix: 'Lists begin at 0 and have no gaps.' });
    }
    return [...list.slice(0, key), put(list[key], rest, value, what), ...list.slice(key + 1)];
  }
  if (key === '__proto__') throw new InstallError(`--set ${what} names no field`);
  const fields = asFields(target);
  if (target !== undefined && target !== null && fields === undefined) {
    throw new InstallError(`--set ${what}: ${key} stands below something that is no mapping`);
  }
  return { ...fields, [key]: put(fields?.[key], rest, value, what) };
}
