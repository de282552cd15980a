import type { ComponentChild } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { plural } from '../format.ts';
import { query, setQuery } from '../state/location.ts';
import { Empty } from './notes.tsx';
import { RowDetail } from './row-detail.tsx';

export interface Column<Row> {
  readonly title: string;
  cell(row: Row): ComponentChild;
  /** Sorted by this; without it the column cannot be sorted by. */
  sortBy?(row: Row): string | number;
  readonly isNumber?: boolean;
  /** Takes the room that is left. */
  readonly isWide?: boolean;
  /** A word or a number, never more. */
  readonly isNarrow?: boolean;
  /** A name or a place. */
  readonly isShort?: boolean;
}

interface Props<Row> {
  readonly label: string;
  readonly rows: readonly Row[];
  readonly columns: readonly Column<Row>[];
  keyOf(row: Row): string;
  /** What a filter is matched against. */
  textOf(row: Row): string;
  readonly empty: ComponentChild;
  /** Without a filter: for tables inside of a page. */
  readonly isPlain?: boolean;
}

/** Of the style sheet: rows of a long list are all of one height. */
const ROW_HEIGHT = 45;
/** Up to here every row is drawn. */
const MAX_PLAIN = 60;
const OVERSCAN = 10;

/** A list that stays quick with thousands of rows: only those in sight are drawn. */
export function DataTable<Row>({ label, rows, columns, keyOf, textOf, empty, isPlain = false }: Props<Row>) {
  const filter = isPlain ? '' : (query.value.get('filter') ?? '');
  const [sort, setSort] = useState<{ readonly column: number; readonly isDown: boolean } | undefined>(undefined);
  const shown = useMemo(() => {
    const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
    const kept =
      words.length === 0 ? rows : rows.filter((row) => words.every((word) => textOf(row).toLowerCase().includes(word)));
    return sorted(kept, columns, sort);
  }, [rows, columns, filter, sort, textOf]);
  const body = useRef<HTMLTableSectionElement>(null);
  const range = useRange(body, shown.length);
  const isCut = shown.length > MAX_PLAIN;
  const [opened, setOpened] = useState<string | undefined>(undefined);
  const detailed = isCut && opened !== undefined ? shown.find((row) => keyOf(row) === opened) : undefined;
  if (rows.length === 0) return <>{empty}</>;
  return (
    <div class="table-box">
      {!isPlain && <FilterField value={filter} count={shown.length} label={label} />}
      {shown.length === 0 ? (
        <Empty title="Nothing fits the filter">
          <button type="button" onClick={() => setQuery({ filter: undefined })}>
            Show all
          </button>
        </Empty>
      ) : (
        <div class="table-scroll">
          <table class={isCut ? 'even' : ''} aria-label={label} aria-rowcount={shown.length + 1}>
            <thead>
              <tr>
                {columns.map((column, index) => (
                  <HeadCell key={column.title} column={column} index={index} sort={sort} onSort={setSort} />
                ))}
              </tr>
            </thead>
            <tbody ref={body}>
              <Spacer rows={range.from} />
              {shown.slice(range.from, range.to).map((row, index) => (
                <tr
                  key={keyOf(row)}
                  aria-rowindex={range.from + index + 2}
                  {...(isCut ? openable(() => setOpened(keyOf(row))) : {})}
                >
                  {columns.map((column, at) => (
                    <Cell key={column.title} column={column} row={row} isFirst={at === 0} />
                  ))}
                </tr>
              ))}
              <Spacer rows={shown.length - range.to} />
            </tbody>
          </table>
        </div>
      )}
      {detailed !== undefined && (
        <RowDetail
          cells={columns.map(({ title, cell }) => ({ title, content: cell(detailed) }))}
          onClose={() => setOpened(undefined)}
        />
      )}
    </div>
  );
}

/** A row that takes the focus: arrows lead to its neighbours, Enter shows all of it. Links in it go on working. */
function openable(open: () => void) {
  return {
    tabIndex: 0,
    onClick: open,
    onKeyDown: (event: KeyboardEvent & { readonly currentTarget: HTMLElement }) => {
      const { currentTarget: row, target, key } = event;
      if (target !== row) return;
      const neighbour = key === 'ArrowDown' ? row.nextElementSibling : row.previousElementSibling;
      if (key === 'Enter' || key === ' ') open();
      else if ((key === 'ArrowDown' || key === 'ArrowUp') && neighbour instanceof HTMLElement) neighbour.focus();
      else return;
      event.preventDefault();
    },
  };
}

function Cell<Row>({ column, row, isFirst }: { column: Column<Row>; row: Row; isFirst: boolean }) {
  const look = lookOf(column);
  if (isFirst) {
    return (
      <th scope="row" class={look}>
        {column.cell(row)}
      </th>
    );
  }
  return <td class={look}>{column.cell(row)}</td>;
}

function lookOf<Row>({ isNumber, isWide, isNarrow, isShort }: Column<Row>): string {
  return [
    isNumber === true && 'number',
    isWide === true && 'wide',
    isNarrow === true && 'narrow',
    isShort === true && 'short',
  ]
    .filter(Boolean)
    .join(' ');
}

type Sort = { readonly column: number; readonly isDown: boolean } | undefined;

function HeadCell<Row>({
  column,
  index,
  sort,
  onSort,
}: {
  readonly column: Column<Row>;
  readonly index: number;
  readonly sort: Sort;
  onSort(sort: Sort): void;
}) {
  const { title, sortBy, isNumber } = column;
  const look = lookOf(column);
  if (sortBy === undefined) {
    return (
      <th scope="col" class={look}>
        {title}
      </th>
    );
  }
  const isOwn = sort?.column === index;
  const direction = isOwn ? (sort.isDown ? 'descending' : 'ascending') : 'none';
  return (
    <th scope="col" class={look} aria-sort={direction}>
      <button
        type="button"
        class="sort"
        onClick={() => onSort({ column: index, isDown: isOwn ? !sort.isDown : isNumber === true })}
      >
        {title}
        <span aria-hidden="true">{isOwn ? (sort.isDown ? ' ↓' : ' ↑') : ''}</span>
      </button>
    </th>
  );
}

function sorted<Row>(rows: readonly Row[], columns: readonly Column<Row>[], sort: Sort): readonly Row[] {
  const sortBy = sort === undefined ? undefined : columns[sort.column]?.sortBy;
  if (sort === undefined || sortBy === undefined) return rows;
  const direction = sort.isDown ? -1 : 1;
  return rows.toSorted((a, b) => {
    const [x, y] = [sortBy(a), sortBy(b)];
    return (x < y ? -1 : x > y ? 1 : 0) * direction;
  });
}

function FilterField({
  value,
  count,
  label,
}: {
  readonly value: string;
  readonly count: number;
  readonly label: string;
}) {
  return (
    <div class="filter">
      <label>
        <span class="sr-only">Filter {label.toLowerCase()}</span>
        <input
          type="search"
          placeholder="Filter"
          value={value}
          onInput={(event) => setQuery({ filter: event.currentTarget.value }, 'replace')}
        />
      </label>
      <span class="filter-count" role="status">
        {plural(count, 'row')}
      </span>
    </div>
  );
}

function Spacer({ rows }: { readonly rows: number }) {
  if (rows <= 0) return null;
  return <tr class="spacer" style={{ height: `${rows * ROW_HEIGHT}px` }} />;
}

/** Which rows are in sight, by where the body of the table stands in the window. */
function useRange(body: { readonly current: HTMLTableSectionElement | null }, count: number) {
  const [range, setRange] = useState({ from: 0, to: MAX_PLAIN });
  useEffect(() => {
    if (count <= MAX_PLAIN) return;
    const look = (): void => {
      const top = body.current?.getBoundingClientRect().top ?? 0;
      const first = Math.max(0, Math.floor(-top / ROW_HEIGHT) - OVERSCAN);
      const from = Math.min(first - (first % OVERSCAN), count);
      const to = Math.min(count, from + Math.ceil(window.innerHeight / ROW_HEIGHT) + 3 * OVERSCAN);
      setRange((before) => (before.from === from && before.to === to ? before : { from, to }));
    };
    look();
    addEventListener('scroll', look, { passive: true });
    addEventListener('resize', look);
    return () => {
      removeEventListener('scroll', look);
      removeEventListener('resize', look);
    };
  }, [body, count]);
  return count <= MAX_PLAIN ? { from: 0, to: count } : range;
}
