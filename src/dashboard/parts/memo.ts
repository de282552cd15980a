import { Component, type ComponentChild, h } from 'preact';

/** A component that is drawn again only when `isSame` says that its properties are others. */
export function memo<P extends object>(
  View: (props: P) => ComponentChild,
  isSame: (before: P, after: P) => boolean,
): (props: P) => ComponentChild {
  class Memo extends Component<P> {
    override shouldComponentUpdate(next: Readonly<P>): boolean {
      return !isSame(this.props, next);
    }

    override render(): ComponentChild {
      return h(View, this.props);
    }
  }
  return (props) => h(Memo, props);
}
