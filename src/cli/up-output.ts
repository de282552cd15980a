import type { SyncerEvent } from '../control/syncer.ts';
import type { Session } from '../control/up/session.ts';
import type { SessionEvent } from '../control/up/session-event.ts';
import type { SidecarsState } from '../control/up/sidecars/state.ts';
import { explainError } from './cli-error.ts';
import { textReporter } from './commands/syncer.ts';
import { paint, plural, printJson, printLine, stderr, stdout } from './output.ts';

/** Where else there is something to look at. */
export interface UpUrls {
  readonly console: string | undefined;
  /** For Prometheus. */
  readonly metrics: string;
}

/** What `up` says, and when. */
export interface UpReporter {
  onEvent(event: SessionEvent): void;
  onReady(session: Session, urls: UpUrls): void;
  onStop(): void;
}

/**
 * One line when ready, then one for each version, one when sidecars come or cannot, and one where an edit changes nothing but the findings (it was
 * refused, or a refused one was corrected). Everything else goes to standard error.
 */
export function upJsonReporter(): UpReporter {
  let isReady = false;
  let lastFindings = '';
  return {
    onReady(session, urls) {
      isReady = true;
      const { version, upstreams, findings, hosts, sidecars } = session;
      const ready = { ready: true, edge: session.edge.url, ...urls };
      printJson({ ...ready, version, upstreams, findings, hosts, sidecars }, stdout);
    },
    onEvent(event) {
      // Before it is ready, the ready line tells.
      if (event.kind === 'sidecars' && isReady) printJson({ sidecars: event.state }, stdout);
      if (event.kind === 'log') printLine(stderr, event.line);
      if (event.kind === 'restarted') printLine(stderr, 'workerd ended and was started again');
      if (event.kind !== 'sync') return;
      if (event.event.kind === 'failed') {
        for (const line of explainError(event.event.error)) printLine(stderr, line);
        return;
      }
      const findings = JSON.stringify(event.event.findings);
      const isNews = event.event.result.kind === 'published' || findings !== lastFindings;
      lastFindings = findings;
      if (isReady && isNews) printJson(versionJson(event.event), stdout);
    },
    onStop() {},
  };
}

function versionJson({ result, findings, tookMs }: Extract<SyncerEvent, { kind: 'synced' }>): object {
  const changed = result.kind === 'published' ? (result.changes ?? []) : [];
  return { version: result.version.version, findings, changed, tookMs: Math.round(tookMs) };
}

export function upTextReporter(folder: string): UpReporter {
  const report = textReporter('local store');
  return {
    onReady({ edge, hosts, upstreams, sidecars }, urls) {
      const link = paint(stdout, ['bold', 'green'], edge.url);
      printLine(stdout, `\n  ${paint(stdout, 'bold', 'foresail')} serves ${folder} on ${link}\n`);
      for (const host of hosts.filter((host) => !host.startsWith('*'))) {
        const port = new URL(edge.url).port;
        const isLocal = host === 'localhost' || host.endsWith('.localhost');
        const try_ = isLocal ? `http://${host}:${port}` : `curl -H 'Host: ${host}' ${edge.url}`;
        printLine(stdout, `  ${paint(stdout, 'dim', '→')} ${try_}`);
      }
      if (urls.console !== undefined) {
        printLine(stdout, `\n  ${paint(stdout, 'dim', 'look at it on')} ${paint(stdout, 'bold', urls.console)}`);
      }
      if (sidecars.kind !== 'off') printLine(stdout, `\n  ${describeSidecars(sidecars)}`);
      const real = upstreams.filter(({ urls }) => urls.length > 0).length;
      const behind = `${plural(upstreams.length, 'destination')} behind it, ${real === 0 ? 'all' : upstreams.length - real} stand-ins`;
      printLine(
        stdout,
        `\n  ${paint(stdout, 'dim', `${behind}. Edit the folder: changes are live at once. Ctrl-C ends it.`)}\n`,
      );
    },
    onEvent(event) {
      if (event.kind === 'sync') report(event.event);
      else if (event.kind === 'sidecars') tellSidecars(event.state);
      else if (event.kind === 'restarted') printLine(stderr, paint(stderr, 'yellow', 'workerd ended; started again'));
      else printLine(stderr, paint(stderr, 'dim', event.line));
    },
    onStop() {
      printLine(stdout, 'stopping');
    },
  };
}

/** In one line. */
function describeSidecars(state: SidecarsState): string {
  switch (state.kind) {
    case 'off':
      return 'no sidecars: --sidecars=off';
    case 'starting':
      return 'sidecars are starting; until they are there, requests go on in plaintext';
    case 'unavailable':
      return `no sidecars, requests go on in plaintext: ${state.why}`;
    case 'running': {
      const { sidecars, leftOut, gateway } = state;
      const beside = leftOut === 0 ? '' : `; ${plural(leftOut, 'pod')} without one, there are too many`;
      return `edge → cluster gateway ${gateway} → mutual TLS → ${plural(sidecars.length, 'sidecar')}${beside}`;
    }
  }
}

function tellSidecars(state: SidecarsState): void {
  if (state.kind === 'unavailable') {
    printLine(
      stderr,
      paint(stderr, ['bold', 'yellow'], 'There are no sidecars: requests go from the edge in plaintext.'),
    );
    for (const sentence of state.why.split(/(?<=\.) /)) printLine(stderr, paint(stderr, 'yellow', `  ${sentence}`));
  } else printLine(stdout, paint(stdout, 'dim', describeSidecars(state)));
}
