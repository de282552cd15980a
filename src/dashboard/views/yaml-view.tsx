import { useEffect, useRef } from 'preact/hooks';
import type { YamlView as Yaml } from '../../control/console/wire.ts';
import { formatPlace, plural } from '../format.ts';
import { Level } from '../parts/marks.tsx';
import { WhenLoaded } from '../parts/notes.tsx';
import { Page } from '../parts/page.tsx';
import { withQuery } from '../state/api.ts';
import { mesh } from '../state/live.ts';
import { useLoaded } from '../state/loaded.ts';
import { query } from '../state/location.ts';

/** One object as it was understood, with the field that something came from. */
export function YamlView() {
  const asked = Object.fromEntries(
    ['kind', 'namespace', 'name', 'path'].map((key) => [key, query.value.get(key) ?? undefined]),
  );
  const loaded = useLoaded<Yaml>(withQuery('/api/yaml', asked), mesh.value?.revision ?? 0);
  const { kind = '', namespace = '', name = '', path } = asked;
  const findings = (mesh.value?.findings ?? []).filter(
    ({ origin }) => origin.kind === kind && origin.name === name && origin.namespace === namespace,
  );
  return (
    <Page title={`${kind} ${name}`} lead={leadOf(loaded.kind === 'loaded' ? loaded.value : undefined, namespace, path)}>
      {findings.length > 0 && (
        <ul class="yaml-findings">
          {findings.map(({ code, level, message, origin }) => (
            <li key={`${code} ${origin.path} ${message}`}>
              <Level level={level} /> <code>{code}</code> {message}
            </li>
          ))}
        </ul>
      )}
      <WhenLoaded loaded={loaded}>{(yaml) => <Lines yaml={yaml} />}</WhenLoaded>
    </Page>
  );
}

function leadOf(yaml: Yaml | undefined, namespace: string, path: string | undefined): string {
  const place = yaml === undefined ? undefined : formatPlace(yaml.origin);
  const hidden = yaml === undefined || yaml.hidden === 0 ? '' : `${plural(yaml.hidden, 'value')} hidden`;
  return [namespace, place, path, hidden].filter(Boolean).join(' · ');
}

function Lines({ yaml: { text, highlight } }: { readonly yaml: Yaml }) {
  const marked = useRef<HTMLSpanElement>(null);
  // Another text has its mark elsewhere
  useEffect(() => {
    const line = marked.current;
    const box = line?.closest('pre');
    // The box scrolls, not the page.
    if (line !== null && box) box.scrollTop = line.offsetTop - box.offsetTop - box.clientHeight / 3;
  }, [text, highlight?.from]);
  const isMarked = (line: number): boolean => highlight !== undefined && line >= highlight.from && line <= highlight.to;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached with keys
    <pre class="yaml" tabIndex={0}>
      {text
        .trimEnd()
        .split('\n')
        .map((line, index) => (
          <span
            key={index}
            class={isMarked(index + 1) ? 'yaml-line marked' : 'yaml-line'}
            ref={index + 1 === highlight?.from ? marked : null}
          >
            <YamlLine line={line} />
            {'\n'}
          </span>
        ))}
    </pre>
  );
}

function YamlLine({ line }: { readonly line: string }) {
  const parts = /^(\s*(?:- )*)("[^"]*"|[^\s:#]+)(:)( .*)?$/.exec(line);
  if (parts === null) return <>{line}</>;
  const [, indent, key, colon, value] = parts;
  return (
    <>
      {indent}
      <span class="yaml-key">{key}</span>
      {colon}
      <span class="yaml-value">{value}</span>
    </>
  );
}
