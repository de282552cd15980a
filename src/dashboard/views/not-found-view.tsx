import { Empty } from '../parts/notes.tsx';
import { Page } from '../parts/page.tsx';

export function NotFoundView({ what }: { readonly what: string }) {
  return (
    <Page title="Not found">
      <Empty title={`There is no ${what}`}>
        <p>
          It may have been removed, or renamed. <a href="/">Overview</a>
        </p>
      </Empty>
    </Page>
  );
}
