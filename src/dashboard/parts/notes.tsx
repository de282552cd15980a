import type { ComponentChildren } from 'preact';
import type { ApiProblem } from '../state/api.ts';
import type { Loaded } from '../state/loaded.ts';

/** Nothing to show is a good place to say how there would be something. */
export function Empty({ title, children }: { readonly title: string; readonly children?: ComponentChildren }) {
  return (
    <div class="empty">
      <p class="empty-title">{title}</p>
      {children}
    </div>
  );
}

export function Problem({ problem }: { readonly problem: Pick<ApiProblem, 'message' | 'why' | 'fix'> }) {
  return (
    <div class="problem" role="alert">
      <p class="problem-title">{sentence(problem.message)}</p>
      {problem.why !== undefined && <p>{sentence(problem.why)}</p>}
      {problem.fix !== undefined && <p class="problem-fix">{problem.fix}</p>}
    </div>
  );
}

function sentence(text: string): string {
  const first = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(first) ? first : `${first}.`;
}

export function Waiting() {
  return (
    <p class="waiting" role="status">
      Loading …
    </p>
  );
}

/** One of the three that something can be that was asked for. */
export function WhenLoaded<T>({
  loaded,
  children,
}: {
  readonly loaded: Loaded<T>;
  readonly children: (value: T) => ComponentChildren;
}) {
  if (loaded.kind === 'loading') return <Waiting />;
  if (loaded.kind === 'failed') return <Problem problem={loaded.problem} />;
  return <>{children(loaded.value)}</>;
}
