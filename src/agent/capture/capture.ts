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
  /** For people: `iptables-restore` and its input. */
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
  return FAMILIES.map((family) => runOf(family, applyScript(rulesOf(settings, family), NOTHING)));
}

/** Brings the rules in, over those that are there. Returns what it ran. */
export function applyCapture(settings: CaptureSettings, run: RunTool = runTool): CaptureRun[] {
  return familiesOf(run).map((family) => {
    const present = run(`${PREFIXES[family]}-save`, []);
    // What other settings have left, a table for DNS among it, goes in the same run as what takes its place.
    const kept = rulesOf(settings, family);
    const tables = [...kept, ...leftovers(kept, present)];
    return execute(runOf(family, applyScript(tables, present)), run);
  });
}

/** Takes every rule out again; running it twice does no harm. */
export function removeCapture(run: RunTool = runTool): CaptureRun[] {
  return familiesOf(run)
    .map((family) => runOf(family, cleanScript(run(`${PREFIXES[family]}-save`, []))))
    .filter(({ script }) => script !== '')
    .map((one) => execute(one, run));
}

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
