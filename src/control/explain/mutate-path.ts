export interface PathMutation {
  /** What was done, in words. */
  readonly what: string;
  readonly path: string;
}

/**
 * Other spellings that an application may take for the same path: what separates "refused" from "refused unless
 * you ask differently".
 */
export function mutatePath(path: string): PathMutation[] {
  const segments = path.split('/').slice(1);
  const last = segments.length - 1;
  const rebuilt = (edit: (segment: string, index: number) => string): string => `/${segments.map(edit).join('/')}`;
  const found: PathMutation[] = [
    { what: 'upper case', path: path.toUpperCase() },
    { what: 'lower case', path: path.toLowerCase() },
    { what: 'one letter in the other case', path: rebuilt((one, i) => (i === last ? swapFirst(one) : one)) },
    { what: 'first segment in the other case', path: rebuilt((one, i) => (i === 0 ? swapFirst(one) : one)) },
    { what: 'trailing slash', path: path.endsWith('/') ? path.slice(0, -1) : `${path}/` },
    { what: 'two trailing slashes', path: `${path}//` },
    { what: 'trailing dot', path: `${path}.` },
    { what: 'trailing encoded dot', path: `${path}%2e` },
    { what: 'trailing /.', path: `${path}/.` },
    { what: 'trailing semicolon', path: `${path};` },
    { what: 'trailing encoded space', path: `${path}%20` },
    { what: 'trailing encoded tab', path: `${path}%09` },
    { what: 'trailing encoded question mark', path: `${path}%3f` },
    { what: 'trailing encoded hash', path: `${path}%23` },
    { what: 'file extension', path: `${path}.json` },
    { what: 'double slash in front', path: `/${path}` },
    { what: 'dot segment in front', path: `/.${path}` },
    { what: 'parent segment in front', path: `/x/..${path}` },
    { what: 'parent segment in front, encoded', path: `/x/%2e%2e${path}` },
    { what: '..; in front', path: `/x/..;${path}` },
    { what: '..; in front, encoded', path: `/x/%2e%2e;${path}` },
    { what: 'encoded slash in front', path: `/%2f${path.slice(1)}` },
    { what: 'encoded parent with encoded slash', path: `/x%2f..${path}` },
    { what: 'backslash in front', path: `/\\${path.slice(1)}` },
    { what: 'encoded letter', path: rebuilt((one, i) => (i === last ? encodeFirst(one) : one)) },
    {
      what: 'doubly encoded letter',
      path: rebuilt((one, i) => (i === last ? encodeFirst(one).replace('%', '%25') : one)),
    },
    { what: 'encoded letter in the first segment', path: rebuilt((one, i) => (i === 0 ? encodeFirst(one) : one)) },
  ];
  segments.forEach((segment, index) => {
    const at = `segment ${index + 1}`;
    const edit = (text: string): string => rebuilt((one, i) => (i === index ? text : one));
    found.push(
      { what: `;param after ${at}`, path: edit(`${segment};a=b`) },
      { what: `/./ before ${at}`, path: edit(`./${segment}`) },
      { what: `/x/../ before ${at}`, path: edit(`x/../${segment}`) },
      { what: `/..;/ before ${at}`, path: edit(`x/..;/${segment}`) },
    );
    if (index === 0) return;
    found.push(
      { what: `// before ${at}`, path: edit(`/${segment}`) },
      { what: `%2f before ${at}`, path: joinedBy(segments, index, '%2f') },
      { what: `%2F before ${at}`, path: joinedBy(segments, index, '%2F') },
      { what: `%5c before ${at}`, path: joinedBy(segments, index, '%5c') },
      { what: `backslash before ${at}`, path: joinedBy(segments, index, '\\') },
      { what: `%252f before ${at}`, path: joinedBy(segments, index, '%252f') },
    );
  });
  const seen = new Set([path]);
  return found.filter((mutation) => {
    if (mutation.path === '' || seen.has(mutation.path)) return false;
    seen.add(mutation.path);
    return true;
  });
}

function joinedBy(segments: readonly string[], index: number, separator: string): string {
  return `/${segments.slice(0, index).join('/')}${separator}${segments.slice(index).join('/')}`;
}

function swapFirst(text: string): string {
  const [first = ''] = text;
  return (first === first.toUpperCase() ? first.toLowerCase() : first.toUpperCase()) + text.slice(1);
}

function encodeFirst(text: string): string {
  return text === '' ? '' : `%${text.charCodeAt(0).toString(16).padStart(2, '0')}${text.slice(1)}`;
}
