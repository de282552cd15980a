import type { CompareView } from '../../control/console/wire.ts';
import type { ChangeGroup } from '../../control/simulate/diff/group-changes.ts';
import { plural } from '../format.ts';
import { explainHref } from '../links.ts';
import { Place } from '../parts/marks.tsx';
import { Empty } from '../parts/notes.tsx';

const SIGNS = { added: '+', removed: '−', changed: '~' } as const;

/** What callers notice first, then what differs in the configuration. */
export function Comparison({ comparison: { changes, groups, tried } }: { readonly comparison: CompareView }) {
  if (changes.length === 0) return <Empty title="The two mean the same" />;
  const told = changes.filter(({ what, change }) => what !== 'cluster' || change === 'changed');
  return (
    <div class="comparison">
      <div>
        <h3>For callers</h3>
        {groups.length === 0 ? (
          <p class="soft">None of {plural(tried, 'request')} that were tried is answered differently.</p>
        ) : (
          <ul class="groups">
            {groups.map((group) => (
              <Group key={`${group.cause} ${group.example.method} ${group.example.url}`} group={group} />
            ))}
          </ul>
        )}
      </div>
      <div>
        <h3>In the configuration</h3>
        <ul class="changes">
          {told.map(({ what, change, name, origin }) => (
            <li key={`${what} ${change} ${name}`} class={`change-${change}`}>
              <span class="change-sign" aria-hidden="true">
                {SIGNS[change]}
              </span>
              <span>
                <span class="sr-only">{change} </span>
                {what} {name} {origin !== undefined && <Place origin={origin} />}
              </span>
            </li>
          ))}
        </ul>
      </div>
    </div>
  );
}

function Group({ group: { cause, example, before, after, differences, count } }: { readonly group: ChangeGroup }) {
  const { method = 'GET', url } = example;
  const headers = Object.entries(example.headers ?? {});
  return (
    <li>
      <p class="group-cause">
        {cause} <span class="soft">({plural(count, 'request')} tried)</span>
      </p>
      <p>
        <a href={explainHref({ method, url })}>
          {method} {url}
        </a>
        {headers.map(([name, value]) => (
          <code key={name} class="label">
            {name}: {String(value)}
          </code>
        ))}
      </p>
      <p class="group-sides">
        <del>{before.summary}</del> {before.origin !== undefined && <Place origin={before.origin} />}
        <span aria-hidden="true"> → </span>
        <ins>{after.summary}</ins> {after.origin !== undefined && <Place origin={after.origin} />}
      </p>
      {differences.length > 1 && (
        <details class="group-more">
          <summary>All that differs</summary>
          <ul class="group-differences">
            {differences.map(({ aspect, before: was, after: is }) => (
              <li key={aspect}>
                {aspect}: <del>{was || 'nothing'}</del> <ins>{is || 'nothing'}</ins>
              </li>
            ))}
          </ul>
        </details>
      )}
    </li>
  );
}
