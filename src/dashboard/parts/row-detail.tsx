import type { ComponentChild } from 'preact';

interface Props {
  readonly cells: readonly { readonly title: string; readonly content: ComponentChild }[];
  onClose(): void;
}

/** All of a row of a long list, where each has one line only. */
export function RowDetail({ cells, onClose }: Props) {
  return (
    <section class="row-detail" aria-label="The row in full" aria-live="polite">
      <dl>
        {cells.map(({ title, content }) => (
          <div key={title}>
            <dt>{title}</dt>
            <dd>{content}</dd>
          </div>
        ))}
      </dl>
      <button type="button" class="quiet" aria-label="Close the row" onClick={onClose}>
        ✕
      </button>
    </section>
  );
}
