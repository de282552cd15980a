import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { ExplainView as Explained, ExplainRequest } from '../../control/console/wire.ts';
import { ExplainForm, formOf } from '../explain/explain-form.tsx';
import { ExplainPath } from '../explain/explain-path.tsx';
import { ExplainTree } from '../explain/explain-tree.tsx';
import { Empty, Problem } from '../parts/notes.tsx';
import { Page, Section } from '../parts/page.tsx';
import { ApiProblem, postJson } from '../state/api.ts';
import { mesh, state } from '../state/live.ts';
import { query, setQuery } from '../state/location.ts';

const answer = signal<Explained | undefined>(undefined);
const problem = signal<ApiProblem | undefined>(undefined);
const isAsking = signal(false);

async function ask(request: ExplainRequest): Promise<void> {
  isAsking.value = true;
  try {
    answer.value = await postJson<Explained>('/api/explain', request);
    problem.value = undefined;
  } catch (error) {
    if (!(error instanceof ApiProblem)) throw error;
    problem.value = error;
    answer.value = undefined;
  }
  isAsking.value = false;
}

/** Type a request, and see what becomes of it and why: the engine that serves is the one that tells. */
export function ExplainView() {
  const known = mesh.value;
  const url = query.value.get('url') ?? undefined;
  const form = formOf(query.value, known?.routes ?? []);
  const revision = `${known?.revision} ${state.value?.version}`;
  // What the address asks is asked again of each new version
  useEffect(() => {
    if (url !== undefined && known !== undefined) void ask(form);
  }, [url, revision]);
  const submit = (request: ExplainRequest): void => {
    // Headers stay out of the address: there may be a token among them.
    setQuery({ method: request.method, url: request.url, from: request.from });
    void ask(request);
  };
  const explained = answer.value;
  return (
    <Page
      title="Explain"
      lead="What would become of a request, and why. Nothing is sent: the engine that serves is asked what it would do."
    >
      <ExplainForm key={url ?? ''} initial={form} isAsking={isAsking.value} onSubmit={submit} />
      <div aria-live="polite">
        {problem.value !== undefined && <Problem problem={problem.value} />}
        {explained !== undefined && problem.value === undefined && (
          <>
            <ExplainPath explained={explained} />
            <Section title="Rule by rule">
              <ExplainTree nodes={explained.stages} />
            </Section>
          </>
        )}
        {explained === undefined && problem.value === undefined && (
          <Empty title="Ask about a request">
            <p>
              Give a method and a URL: the path lights up as far as the request gets, and each rule and policy says
              whether it fits. From <a href="/requests">Requests</a> every line leads here.
            </p>
          </Empty>
        )}
      </div>
    </Page>
  );
}
