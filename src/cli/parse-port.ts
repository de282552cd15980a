import { InvalidArgumentError } from 'commander';

export function parsePort(text: string): number {
  return parseIn(text, 1);
}

/** 0: any that is free. */
export function parsePortOrAny(text: string): number {
  return parseIn(text, 0);
}

function parseIn(text: string, min: 0 | 1): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port < min || port > 65_535) {
    throw new InvalidArgumentError(`It is a number from ${min} to 65535.`);
  }
  return port;
}
