import { plural } from './format.ts';
import { Boundary } from './parts/boundary.tsx';
import { Problem } from './parts/notes.tsx';
import { isConnected, loadProblem, mesh, state } from './state/live.ts';
import { followLinks, path } from './state/location.ts';
import { nextTheme, theme } from './state/theme.ts';
import { CurrentView } from './views/routes.tsx';

const GROUPS = [
  [
    'Watch',
    [
      ['/', 'Overview'],
      ['/graph', 'Graph'],
      ['/requests', 'Requests'],
      ['/timeline', 'Timeline'],
    ],
  ],
  [
    'Understand',
    [
      ['/explain', 'Explain'],
      ['/findings', 'Findings'],
      ['/versions', 'Versions'],
    ],
  ],
  [
    'Configuration',
    [
      ['/services', 'Services'],
      ['/workloads', 'Workloads'],
      ['/routes', 'Routes'],
      ['/policies', 'Policies'],
      ['/certificates', 'Certificates'],
      ['/resources', 'Resources'],
    ],
  ],
  [
    'Places',
    [
      ['/edges', 'Edges'],
      ['/clusters', 'Clusters'],
    ],
  ],
] as const;

/** Around every view: where one can go, and whether what is shown is still true. */
export function Shell() {
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: links are clicked by keys too
    // biome-ignore lint/a11y/noStaticElementInteractions: it only listens to the links in it
    <div class="shell" onClick={followLinks}>
      <a class="skip" href="#main">
        Skip to content
      </a>
      <header class="bar">
        <a class="brand" href="/">
          <svg viewBox="0 0 32 32" width="26" height="26" aria-hidden="true">
            <path class="sail-a" d="M17 3v20H5Z" />
            <path class="sail-b" d="M19 8v15h8Z" />
            <path class="hull" d="M4 25h24l-3 4H7Z" />
          </svg>
          Foresail
        </a>
        <Status />
        <button type="button" class="quiet" onClick={nextTheme} aria-label={`Colours: ${theme.value}`}>
          {theme.value === 'system' ? '◐' : theme.value === 'light' ? '☀' : '☾'}
        </button>
      </header>
      <Navigation />
      <main id="main" tabIndex={-1}>
        {loadProblem.value !== undefined && mesh.value === undefined && <Problem problem={loadProblem.value} />}
        {state.value?.problem !== undefined && (
          <p class="banner" role="alert">
            The last change could not be published: {state.value.problem}. What was served before goes on.
          </p>
        )}
        <Boundary key={path.value}>
          <CurrentView />
        </Boundary>
      </main>
    </div>
  );
}

function Navigation() {
  const here = path.value;
  const troubles = (mesh.value?.findings ?? []).filter(({ level }) => level !== 'Info').length;
  return (
    <nav class="nav" aria-label="Views">
      {GROUPS.map(([title, links]) => (
        <div key={title} class="nav-group">
          <p class="nav-title" id={`nav-${title}`}>
            {title}
          </p>
          <ul aria-labelledby={`nav-${title}`}>
            {links.map(([href, text]) => (
              <li key={href}>
                <a href={href} aria-current={isWithin(here, href) ? 'page' : undefined}>
                  {text}
                  {href === '/findings' && troubles > 0 && (
                    <span class="nav-count" title={plural(troubles, 'finding')}>
                      {troubles}
                    </span>
                  )}
                </a>
              </li>
            ))}
          </ul>
        </div>
      ))}
    </nav>
  );
}

function isWithin(here: string, href: string): boolean {
  return here === href || (href !== '/' && here.startsWith(`${href}/`));
}

function Status() {
  const known = state.value;
  if (!isConnected.value) {
    return (
      <p class="status status-off" role="status">
        <span class="status-dot" aria-hidden="true" />
        No answer from the control plane; showing the last that was known
      </p>
    );
  }
  return (
    <p class="status" role="status">
      <span class="status-dot" aria-hidden="true" />
      {known === undefined ? 'Connecting' : `${known.source} · version ${known.version}`}
    </p>
  );
}
