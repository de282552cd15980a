import { execFileSync } from 'node:child_process';
import type { CaptureSettings } from './capture-settings.ts';
import { applyScript, cleanScript } from './restore-script.ts';
import { type IpFamily, natRules, rawRules, type TableRules } from './rules.ts';

const PREFIXES = { ipv4: 'iptables', ipv6: 'ip6tables' } as const;
const FAMILIES: readonly IpFamily[] = ['ipv4', 'ipv6'];
/** Somebody else may be changing rules at the moment. */
const WAIT_S = '5';
const NOTHING = '';

export interface CaptureRun {
  /** For people: `iptables-restore` and its input, or another tool without one. */
  readonly command: string;
  readonly script: string;
}

/** Runs a tool of the machine, or of a network namespace; replaced in tests. */
export type RunTool = (tool: string, args: readonly string[], input?: string) => string;

export const runTool: RunTool = (tool, args, input = '') =>
  execFileSync(tool, args, { input, encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'] });

export function rulesOf(settings: CaptureSettings, family: IpFamily): TableRules[] {
  return [natRules(settings, family), rawRules(settings, family)].filter((table) => table !== undefined);
}

/** A kernel without IPv6 has no tables for it either. */
function familiesOf(run: RunTool): readonly IpFamily[] {
  try {
    return run('cat', ['/proc/net/if_inet6']).trim() === '' ? ['ipv4'] : FAMILIES;
  } catch {
    return ['ipv4'];
  }
}

/** What applying on a machine without rules would run. */
export function planCapture(settings: CaptureSettings): CaptureRun[] {
  const rules = FAMILIES.map((family) => runOf(family, applyScript(rulesOf(settings, family), NOTHING)));
  return [...rules, ADD_SOURCE];
}

/** Brings the rules in, over those that are there. Returns what it ran. */
export function applyCapture(settings: CaptureSettings, run: RunTool = runTool): CaptureRun[] {
  const families = familiesOf(run);
  const runs = families.map((family) => {
    const present = run(`${PREFIXES[family]}-save`, []);
    // What other settings have left, a table for DNS among it, goes in the same run as what takes its place.
    const kept = rulesOf(settings, family);
    const tables = [...kept, ...leftovers(kept, present)];
    return execute(runOf(family, applyScript(tables, present)), run);
  });
  return families.includes('ipv6') ? [...runs, execute(ADD_SOURCE, run)] : runs;
}

/** Takes every rule out again; running it twice does no harm. */
export function removeCapture(run: RunTool = runTool): CaptureRun[] {
  const families = familiesOf(run);
  const hasSource = families.includes('ipv6') && run('ip', ['-6', 'address', 'show', 'dev', 'lo']).includes('::6/128');
  const rules = families
    .map((family) => runOf(family, cleanScript(run(`${PREFIXES[family]}-save`, []))))
    .filter(({ script }) => script !== '');
  return [...rules, ...(hasSource ? [REMOVE_SOURCE] : [])].map((one) => execute(one, run));
}

/**
 * The source by which the proxy's own connections to the application are known. Of IPv4 all of 127.0.0.0/8 is the
 * machine itself, of IPv6 one address only.
 */
const ADD_SOURCE: CaptureRun = { command: 'ip -6 address replace ::6/128 dev lo', script: NOTHING };
const REMOVE_SOURCE: CaptureRun = { command: 'ip -6 address delete ::6/128 dev lo', script: NOTHING };

/** Tables that have chains of ours and no rules any more: their chains stay, empty, and without jumps. */
function leftovers(kept: readonly TableRules[], present: string): TableRules[] {
  const hasRaw = kept.some(({ table }) => table === 'raw');
  const isThere = /\*raw\n(?:(?!COMMIT)[\s\S])*:ISTIO_/.test(present);
  if (hasRaw || !isThere) return [];
  return [{ table: 'raw', chains: ['ISTIO_OUTPUT_DNS', 'ISTIO_INBOUND'], jumps: [], rules: [] }];
}

function runOf(family: IpFamily, script: string): CaptureRun {
  return { command: `${PREFIXES[family]}-restore --noflush --wait ${WAIT_S}`, script };
}

function execute(one: CaptureRun, run: RunTool): CaptureRun {
  const [tool = '', ...args] = one.command.split(' ');
  run(tool, args, one.script);
  return one;
}
