import type { MutualTls } from '../../control/console/wire.ts';
import type { ConfigOrigin } from '../../engine/values.ts';
import { formatPlace, shortenPlace } from '../format.ts';
import { yamlHref } from '../links.ts';

const LOCKS = {
  STRICT: ['locked', 'mutual TLS'],
  PERMISSIVE: ['open', 'TLS or plaintext'],
  DISABLE: ['off', 'plaintext'],
  none: ['off', 'no sidecar'],
} as const;

export function LockMark({ mode }: { readonly mode: MutualTls }) {
  const [look, text] = LOCKS[mode];
  return (
    <span class={`lock lock-${look}`}>
      <svg viewBox="0 0 12 14" width="11" height="13" aria-hidden="true">
        <path d={look === 'locked' ? 'M2 6h8v6H2ZM4 6V4a2 2 0 0 1 4 0v2' : 'M2 6h8v6H2ZM4 6V4a2 2 0 0 1 4 0'} />
      </svg>
      {text}
    </span>
  );
}

export function Level({ level }: { readonly level: 'Error' | 'Warning' | 'Info' }) {
  return <span class={`badge level-${level.toLowerCase()}`}>{level}</span>;
}

export function Badge({ text, look = 'plain' }: { readonly text: string; readonly look?: string }) {
  return <span class={`badge badge-${look}`}>{text}</span>;
}

export function Code({ code }: { readonly code: number }) {
  const look = code === 0 || code >= 500 ? 'bad' : code >= 400 ? 'ill' : 'well';
  return <span class={`code code-${look}`}>{code === 0 ? 'left' : code}</span>;
}

/** Where something is written: leads to the object, with the field marked. */
export function Place({ origin, hasName = false }: { readonly origin: ConfigOrigin; readonly hasName?: boolean }) {
  const place = formatPlace(origin);
  const name = origin.namespace === '' ? origin.name : `${origin.namespace}/${origin.name}`;
  return (
    <a class="place" href={yamlHref(origin)} title={place}>
      {hasName || place === undefined ? `${origin.kind} ${name}` : null}
      {hasName && place !== undefined ? ' ' : null}
      {place !== undefined && <code>{shortenPlace(place)}</code>}
    </a>
  );
}
