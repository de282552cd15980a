import type { ResourceView } from '../../control/console/wire.ts';
import { yamlHref } from '../links.ts';
import { type Column, DataTable } from '../parts/data-table.tsx';
import { Place } from '../parts/marks.tsx';
import { Empty, Waiting } from '../parts/notes.tsx';
import { Page } from '../parts/page.tsx';
import { mesh } from '../state/live.ts';

const COLUMNS: readonly Column<ResourceView>[] = [
  { title: 'Name', cell: ({ name, origin }) => <a href={yamlHref(origin)}>{name}</a>, sortBy: ({ name }) => name },
  { title: 'Kind', cell: ({ kind }) => kind, sortBy: ({ kind }) => kind },
  { title: 'Namespace', cell: ({ namespace }) => namespace || '–', sortBy: ({ namespace }) => namespace },
  { title: 'Defined in', isWide: true, cell: ({ origin }) => <Place origin={origin} /> },
];

export function ResourcesView() {
  const known = mesh.value;
  if (known === undefined) return <Waiting />;
  return (
    <Page title="Resources" lead="Every object that takes part, as it was understood. Secrets are never shown.">
      <DataTable
        label="Resources"
        rows={known.resources}
        columns={COLUMNS}
        keyOf={({ kind, namespace, name, origin }) => `${kind} ${namespace} ${name} ${origin.file}`}
        textOf={({ kind, namespace, name, origin }) => `${kind} ${namespace}/${name} ${origin.file}`}
        empty={<Empty title="No resources yet" />}
      />
    </Page>
  );
}
