/** RFC 7468: base64 between lines that say what it is. */
export function toPem(label: string, der: Uint8Array): string {
  const lines = Buffer.from(der)
    .toString('base64')
    .replaceAll(/.{64}(?=.)/g, '$&\n');
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`;
}

/** Every block of this label, in order; text around the blocks is ignored. */
export function fromPem(label: string, text: string): Buffer[] {
  const begin = `-----BEGIN ${label}-----`;
  const end = `-----END ${label}-----`;
  const blocks: Buffer[] = [];
  for (let from = text.indexOf(begin); from !== -1; from = text.indexOf(begin, from)) {
    const start = from + begin.length;
    const stop = text.indexOf(end, start);
    if (stop === -1) throw new PemError(`a ${label} has no end`);
    const base64 = text.slice(start, stop).replaceAll(/\s/g, '');
    if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) throw new PemError(`a ${label} is not base64`);
    blocks.push(Buffer.from(base64, 'base64'));
    from = stop + end.length;
  }
  return blocks;
}

export class PemError extends Error {
  override readonly name = 'PemError';
}
