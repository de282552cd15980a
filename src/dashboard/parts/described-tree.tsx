import type { Described } from '../../control/explain/describe/described.ts';
import { Place } from './marks.tsx';

/** What is said of a service, each line with what it rests on. */
export function DescribedTree({ lines }: { readonly lines: readonly Described[] }) {
  return (
    <ul class="described">
      {lines.map((line) => (
        <li key={`${line.what} ${line.text}`} class={line.isWarning === true ? 'described-warning' : ''}>
          <span class="described-what">{line.what}</span> <span>{line.text}</span>{' '}
          {line.origin !== undefined && <Place origin={line.origin} />}
          {line.details !== undefined && <DescribedTree lines={line.details} />}
        </li>
      ))}
    </ul>
  );
}
