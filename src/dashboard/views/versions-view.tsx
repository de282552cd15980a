import { signal } from '@preact/signals';
import type { CompareView, VersionView } from '../../control/console/wire.ts';
import { formatDate, formatDistance, plural } from '../format.ts';
import { Badge } from '../parts/marks.tsx';
import { Empty, Problem, WhenLoaded } from '../parts/notes.tsx';
import { Page, Section } from '../parts/page.tsx';
import { RollbackButton } from '../parts/rollback-button.tsx';
import { type ApiProblem, withQuery } from '../state/api.ts';
import { state } from '../state/live.ts';
import { useLoaded } from '../state/loaded.ts';
import { query, setQuery } from '../state/location.ts';
import { Comparison } from './comparison.tsx';

const problem = signal<ApiProblem | undefined>(undefined);

/** What was published when, what it changed, and the way back. */
export function VersionsView() {
  const loaded = useLoaded<readonly VersionView[]>('/api/versions', state.value?.version ?? 0);
  return (
    <Page
      title="Versions"
      lead="Every change of meaning is a version. Rolling back publishes an earlier one again, at once and whole."
    >
      {state.value?.isRolledBack === true && (
        <p class="banner">
          A rollback stands: the edge serves an earlier version, not what the files say. The next change of the files
          ends it.
        </p>
      )}
      {problem.value !== undefined && <Problem problem={problem.value} />}
      <WhenLoaded loaded={loaded}>
        {(versions) =>
          versions.length === 0 ? (
            <Empty title="Nothing was published from here">
              <p>
                <code>foresail up</code> and <code>foresail syncer</code> publish a version at every change.
              </p>
            </Empty>
          ) : (
            <Chosen versions={versions} />
          )
        }
      </WhenLoaded>
    </Page>
  );
}

function Chosen({ versions }: { readonly versions: readonly VersionView[] }) {
  const numbers = versions.map(({ version }) => String(version));
  const known = (name: string): string | undefined => numbers.find((number) => number === query.value.get(name));
  const after = known('after') ?? numbers[0];
  const before = known('before') ?? numbers[Math.min(1, numbers.length - 1)];
  return (
    <>
      <VersionTable versions={versions} before={before} after={after} />
      {before !== after && (
        <Section title={`From version ${before} to version ${after}`}>
          <Compared before={before ?? ''} after={after ?? ''} />
        </Section>
      )}
    </>
  );
}

function Compared({ before, after }: { readonly before: string; readonly after: string }) {
  const loaded = useLoaded<CompareView>(withQuery('/api/versions/compare', { before, after }));
  return <WhenLoaded loaded={loaded}>{(comparison) => <Comparison comparison={comparison} />}</WhenLoaded>;
}

function VersionTable({
  versions,
  before,
  after,
}: {
  readonly versions: readonly VersionView[];
  readonly before: string | undefined;
  readonly after: string | undefined;
}) {
  return (
    <div class="table-scroll">
      <table aria-label="Versions">
        <thead>
          <tr>
            <th scope="col">Version</th>
            <th scope="col">Published</th>
            <th scope="col">By</th>
            <th scope="col">Content</th>
            <th scope="col">Compare</th>
            <th scope="col">
              <span class="sr-only">Roll back</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {versions.map((version) => (
            <tr key={version.version}>
              <th scope="row">
                {version.version} {version.isServed && <Badge text="served" look="good" />}
              </th>
              <td title={formatDate(version.createdAtMs)}>{formatDistance(version.createdAtMs, Date.now())}</td>
              <td>{version.syncer}</td>
              <td class="wide">
                {version.note ?? ''} {plural(version.summary.domains, 'host')},{' '}
                {plural(version.summary.routes, 'route')}, {plural(version.summary.policies, 'policy', 'policies')}
              </td>
              <td>
                <span class="compare-pick">
                  <Pick side="before" version={version.version} isPicked={String(version.version) === before} />
                  <Pick side="after" version={version.version} isPicked={String(version.version) === after} />
                </span>
              </td>
              <td>
                {!version.isServed && (
                  <RollbackButton
                    version={version.version}
                    onProblem={(found) => {
                      problem.value = found;
                    }}
                  />
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Pick({
  side,
  version,
  isPicked,
}: {
  readonly side: 'before' | 'after';
  readonly version: number;
  readonly isPicked: boolean;
}) {
  return (
    <label class="pick">
      <input
        type="radio"
        name={`compare-${side}`}
        checked={isPicked}
        aria-label={`version ${version} as ${side}`}
        onChange={() => setQuery({ [side]: String(version) })}
      />
      {side}
    </label>
  );
}
