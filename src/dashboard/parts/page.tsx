import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { path } from '../state/location.ts';

interface Props {
  readonly title: string;
  readonly lead?: ComponentChildren;
  readonly actions?: ComponentChildren;
  readonly children: ComponentChildren;
}

let shownPath: string | undefined;

/** A view: its heading takes the focus when somebody came here by a link, so that a screen reader begins with it. */
export function Page({ title, lead, actions, children }: Props) {
  const heading = useRef<HTMLHeadingElement>(null);
  const here = path.value;
  useEffect(() => {
    document.title = `${title} – Foresail`;
    if (shownPath !== undefined && shownPath !== here) heading.current?.focus({ preventScroll: true });
    shownPath = here;
  }, [title, here]);
  return (
    <>
      <header class="page-head">
        <div>
          <h1 ref={heading} tabIndex={-1}>
            {title}
          </h1>
          {lead !== undefined && <p class="lead">{lead}</p>}
        </div>
        {actions !== undefined && <div class="page-actions">{actions}</div>}
      </header>
      {children}
    </>
  );
}

export function Section({ title, children }: { readonly title: string; readonly children: ComponentChildren }) {
  return (
    <section class="section" aria-label={title}>
      <h2>{title}</h2>
      {children}
    </section>
  );
}
