import { Component, type ComponentChildren } from 'preact';
import { Problem } from './notes.tsx';

interface Props {
  readonly children: ComponentChildren;
}

interface State {
  readonly error: Error | undefined;
}

/** A view that fails takes only itself along. */
export class Boundary extends Component<Props, State> {
  override state: State = { error: undefined };

  static override getDerivedStateFromError(error: Error): State {
    return { error };
  }

  override render({ children }: Props, { error }: State): ComponentChildren {
    if (error === undefined) return children;
    const fix = 'Reload the page. If it happens again, it is a mistake of the console: please report it.';
    return <Problem problem={{ message: 'This view cannot be shown', why: error.message, fix }} />;
  }
}
