import type { AccessLogConfig } from '../../engine/telemetry/config.ts';
import type { Finding } from '../../resources/finding.ts';
import { finding, messages } from '../../resources/finding-messages.ts';
import type { Telemetry } from '../../resources/kinds.ts';
import { configOrigin } from '../config-origin.ts';
import type { MeshSettings } from '../model.ts';
import { parseCel } from './cel/parse-cel.ts';
import { isForMode, type TelemetryMode } from './mode.ts';
import { accessLogProvider, meshLog } from './providers.ts';

type Entry = NonNullable<Telemetry['spec']['accessLogging']>[number];

interface Stated {
  readonly entry: Entry;
  readonly index: number;
  readonly telemetry: Telemetry;
}

/**
 * Which logs a workload writes. The narrowest level that names providers says which ones; each level, from the widest
 * on, says of those whether they are written and with which filter, and one that names none means those of the level
 * around it. Where no Telemetry says anything, the mesh's default providers count, else `accessLogFile`.
 */
export function resolveAccessLogging(
  levels: readonly Telemetry[],
  mode: TelemetryMode,
  settings: MeshSettings,
  findings: Finding[],
): AccessLogConfig[] {
  const { meshConfig } = settings;
  const defaults = meshConfig.defaultProviders.accessLogging ?? [];
  const stating = levels.filter(({ spec }) => (spec.accessLogging ?? []).length > 0);
  if (stating.length === 0 && defaults.length === 0) {
    return meshConfig.accessLogFile === '' ? [] : [{ provider: '', ...meshLog(meshConfig, '') }];
  }
  let inScope = defaults;
  for (const { spec } of stating) {
    const named = (spec.accessLogging ?? []).flatMap(providersOf);
    if (named.length > 0) inScope = named;
  }
  const stated = new Map<string, Stated | undefined>();
  if (stating.length === 0) for (const name of defaults) stated.set(name, undefined);
  let around: readonly string[] = defaults;
  for (const telemetry of stating) {
    for (const [index, entry] of (telemetry.spec.accessLogging ?? []).entries()) {
      const own = providersOf(entry);
      if (own.length > 0) around = own;
      if (!isForMode(entry.match, mode)) continue;
      for (const name of around) if (inScope.includes(name)) stated.set(name, { entry, index, telemetry });
    }
  }
  return [...stated].flatMap(([name, by]) => logOf(name, by, settings, findings));
}

function logOf(name: string, by: Stated | undefined, settings: MeshSettings, findings: Finding[]): AccessLogConfig[] {
  if (by?.entry.disabled === true) return [];
  const provider = accessLogProvider(name, settings);
  if (provider === undefined) {
    // A mesh-wide default has its finding from the mesh configuration.
    if (by !== undefined) {
      const origin = by.telemetry.originOf(['spec', 'accessLogging', by.index, 'providers']);
      findings.push(finding(messages.TelemetryProviderUnknown, origin, { signal: 'access log', provider: name }));
    }
    return [];
  }
  if (by === undefined) return [{ provider: name, ...provider }];
  const origin = configOrigin(by.telemetry, ['spec', 'accessLogging', by.index]);
  const expression = by.entry.filter?.expression ?? '';
  if (expression === '') return [{ provider: name, ...provider, origin }];
  const parsed = parseCel(expression);
  if ('cel' in parsed) return [{ provider: name, ...provider, filter: { expression, cel: parsed.cel }, origin }];
  findings.push(
    finding(
      messages.TelemetryExpression,
      by.telemetry.originOf(['spec', 'accessLogging', by.index, 'filter', 'expression']),
      { reason: parsed.reason, effect: `Nothing is logged by ${name}` },
    ),
  );
  return [];
}

function providersOf({ providers }: Entry): string[] {
  return (providers ?? []).map(({ name }) => name);
}
