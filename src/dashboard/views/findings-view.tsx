import type { FindingView } from '../../control/console/wire.ts';
import { type Column, DataTable } from '../parts/data-table.tsx';
import { Level, Place } from '../parts/marks.tsx';
import { Empty, Waiting } from '../parts/notes.tsx';
import { Page } from '../parts/page.tsx';
import { mesh } from '../state/live.ts';

const RANK = { Error: 0, Warning: 1, Info: 2 } as const;

const COLUMNS: readonly Column<FindingView>[] = [
  { title: 'Level', cell: ({ level }) => <Level level={level} />, sortBy: ({ level }) => RANK[level] },
  { title: 'Code', cell: ({ code }) => <code>{code}</code>, sortBy: ({ code }) => code },
  {
    title: 'What is wrong, and what to do',
    isWide: true,
    cell: ({ message, fix }) => (
      <>
        {message}
        {fix !== undefined && <span class="fix">{fix}</span>}
      </>
    ),
  },
  {
    title: 'Where',
    cell: ({ origin }) => <Place origin={origin} />,
    sortBy: ({ origin }) => `${origin.file}:${origin.line}`,
  },
];

export function FindingsView() {
  const known = mesh.value;
  if (known === undefined) return <Waiting />;
  return (
    <Page
      title="Findings"
      lead="What the resources say that they probably do not mean. Every finding names its file and line."
    >
      <FindingsTable findings={known.findings} />
    </Page>
  );
}

export function FindingsTable({
  findings,
  isPlain = false,
}: {
  readonly findings: readonly FindingView[];
  readonly isPlain?: boolean;
}) {
  return (
    <DataTable
      label="Findings"
      rows={findings}
      columns={COLUMNS}
      isPlain={isPlain}
      keyOf={({ code, message, origin }) => `${code} ${origin.file} ${origin.line} ${origin.path} ${message}`}
      textOf={({ code, name, level, message, origin }) =>
        `${code} ${name} ${level} ${message} ${origin.kind} ${origin.namespace}/${origin.name} ${origin.file}`
      }
      empty={
        <Empty title="No findings: every object is valid, and every reference leads somewhere">
          <p>
            Mistakes show up here at once when you save a file. <code>foresail analyze</code> looks for more, as in a
            pipeline.
          </p>
        </Empty>
      }
    />
  );
}
