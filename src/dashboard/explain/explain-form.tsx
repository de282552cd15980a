import { useRef } from 'preact/hooks';
import type { ExplainRequest, RouteView } from '../../control/console/wire.ts';

interface Props {
  readonly initial: ExplainRequest;
  readonly isAsking: boolean;
  onSubmit(request: ExplainRequest): void;
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'];

/** What the address says; without it, the first URL that is served. */
export function formOf(query: URLSearchParams, routes: readonly RouteView[]): ExplainRequest {
  const served = routes.flatMap(({ urls }) => urls).find((url) => !url.includes('*'));
  const from = query.get('from') ?? undefined;
  return {
    method: query.get('method') ?? 'GET',
    url: query.get('url') ?? `${served ?? 'http://shop.example.com'}/`,
    ...(from === undefined ? {} : { from }),
  };
}

export function ExplainForm({ initial, isAsking, onSubmit }: Props) {
  const form = useRef<HTMLFormElement>(null);
  const submit = (): void => {
    if (form.current === null) return;
    const fields = new FormData(form.current);
    const text = (name: string): string => String(fields.get(name) ?? '').trim();
    const headers = headersIn(text('headers'));
    const from = text('from');
    onSubmit({
      method: text('method'),
      url: text('url'),
      ...(headers.length === 0 ? {} : { headers }),
      ...(from === '' ? {} : { from }),
    });
  };
  return (
    <form
      class="explain-form"
      ref={form}
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <div class="explain-line">
        <label>
          <span class="sr-only">Method</span>
          <select name="method" defaultValue={initial.method} value={initial.method}>
            {[...new Set([...METHODS, initial.method])].map((method) => (
              <option key={method}>{method}</option>
            ))}
          </select>
        </label>
        <label class="grow">
          <span class="sr-only">URL</span>
          <input name="url" type="text" required spellcheck={false} autocomplete="off" defaultValue={initial.url} />
        </label>
        <button type="submit" class="primary" disabled={isAsking}>
          Explain
        </button>
      </div>
      <details class="explain-more">
        <summary>Headers and client address</summary>
        <div class="explain-fields">
          <label class="grow">
            Headers, one a line
            <textarea
              name="headers"
              rows={4}
              spellcheck={false}
              placeholder={'x-tenant: blue\nauthorization: Bearer …'}
            />
          </label>
          <label>
            Client address
            <input name="from" type="text" placeholder="127.0.0.1" defaultValue={initial.from ?? ''} />
          </label>
        </div>
      </details>
    </form>
  );
}

function headersIn(text: string): (readonly [string, string])[] {
  return text.split('\n').flatMap((line) => {
    const colon = line.indexOf(':', 1);
    return colon === -1 ? [] : [[line.slice(0, colon).trim(), line.slice(colon + 1).trim()] as const];
  });
}
