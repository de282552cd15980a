import ipaddr from 'ipaddr.js';

/** IPv4 as a number, IPv6 as its eight groups. IPv4 mapped into IPv6 is IPv4. */
export type Address = number | readonly number[];

interface Block4 {
  readonly base: number;
  readonly mask: number;
}

interface Block6 {
  readonly groups: readonly number[];
  readonly bits: number;
}

/** Addresses and CIDR blocks, of both families. */
export interface AddressSet {
  includes(address: Address): boolean;
  /** What the bits of every address inside start with, block by block. */
  readonly prefixes: readonly string[];
  /** A block that could not be understood is among them; validation should have refused it. */
  readonly isIncomplete: boolean;
}

export function prepareAddresses(blocks: readonly string[]): AddressSet {
  const blocks4: Block4[] = [];
  const blocks6: Block6[] = [];
  let isIncomplete = false;
  for (const text of blocks) {
    const block = parseBlock(text);
    if (block === undefined) isIncomplete = true;
    else if ('mask' in block) blocks4.push(block);
    else blocks6.push(block);
  }
  const prefixes = [
    ...blocks4.map(({ base, mask }) => bitsOf(base).slice(0, 1 + 32 - trailingZeros(mask))),
    ...blocks6.map(({ groups, bits }) => bitsOf(groups).slice(0, 1 + bits)),
  ];
  return {
    isIncomplete,
    prefixes,
    includes(address) {
      if (typeof address === 'number') {
        for (let i = 0; i < blocks4.length; i++) {
          const block = blocks4[i] as Block4;
          if (((address ^ block.base) & block.mask) === 0) return true;
        }
        return false;
      }
      for (let i = 0; i < blocks6.length; i++) if (startsAlike(address, blocks6[i] as Block6)) return true;
      return false;
    },
  };
}

/** The same few addresses come again: clients keep their connections, proxies are few. */
const PARSED_LIMIT = 1024;
const parsed = new Map<string, ParsedAddress>();
let last: ParsedAddress | undefined;

export interface ParsedAddress {
  readonly text: string;
  readonly address: Address;
  /** The family, then every bit: a block is a prefix of it. */
  readonly bits: string;
}

export function parseAddress(text: string): ParsedAddress | undefined {
  if (last !== undefined && last.text === text) return last;
  let known = parsed.get(text);
  if (known === undefined) {
    if (!ipaddr.isValid(text)) return undefined;
    const address = toAddress(ipaddr.process(text));
    known = { text, address, bits: bitsOf(address) };
    if (parsed.size >= PARSED_LIMIT) parsed.clear();
    parsed.set(text, known);
  }
  last = known;
  return known;
}

function bitsOf(address: Address): string {
  if (typeof address === 'number') return `4${(address >>> 0).toString(2).padStart(32, '0')}`;
  return `6${address.map((group) => group.toString(2).padStart(16, '0')).join('')}`;
}

function trailingZeros(mask: number): number {
  return mask === 0 ? 32 : 31 - Math.clz32(mask & -mask);
}

function toAddress(address: ipaddr.IPv4 | ipaddr.IPv6): Address {
  if (!(address instanceof ipaddr.IPv4)) return address.parts;
  const [a = 0, b = 0, c = 0, d = 0] = address.octets;
  return (a << 24) | (b << 16) | (c << 8) | d;
}

function parseBlock(text: string): Block4 | Block6 | undefined {
  const slash = text.indexOf('/');
  const host = slash === -1 ? text : text.slice(0, slash);
  if (!ipaddr.isValid(host)) return undefined;
  const plain = ipaddr.parse(host);
  const address = toAddress(ipaddr.process(host));
  const width = plain.kind() === 'ipv4' ? 32 : 128;
  const length = slash === -1 ? width : Number(text.slice(slash + 1) || Number.NaN);
  if (!Number.isInteger(length) || length < 0 || length > width) return undefined;
  if (typeof address !== 'number') return { groups: address, bits: length };
  const bits = width === 128 ? length - 96 : length;
  if (bits < 0) return undefined;
  return { base: address, mask: bits === 0 ? 0 : -1 << (32 - bits) };
}

function startsAlike(address: readonly number[], { groups, bits }: Block6): boolean {
  let left = bits;
  for (let i = 0; left > 0; i++, left -= 16) {
    const mask = left >= 16 ? 0xffff : (0xffff << (16 - left)) & 0xffff;
    if ((((address[i] ?? 0) ^ (groups[i] ?? 0)) & mask) !== 0) return false;
  }
  return true;
}
