import type { DomainConfig, GatewayConfig, RouteConfig } from '../engine/config.ts';
import type { PolicyScope } from '../engine/policy-config.ts';
import type { ConfigOrigin } from '../engine/values.ts';
import { canonicalJson } from './canonical.ts';
import type { SnapshotInput } from './encode.ts';

/** One difference in meaning; moved lines and comments are none. */
export interface Change {
  readonly what: 'host' | 'route' | 'policy' | 'authentication' | 'listener' | 'cluster' | 'settings';
  readonly change: 'added' | 'removed' | 'changed';
  /** `shop.example.com`, `shop.example.com /v2`, `default/allow-all`. */
  readonly name: string;
  readonly origin?: ConfigOrigin;
}

const POLICY_ACTIONS = ['custom', 'audit', 'deny', 'allow'] as const;

interface Named<T> {
  readonly name: string;
  readonly value: T;
  readonly origin?: ConfigOrigin | undefined;
}

export function diffSnapshots(before: SnapshotInput, after: SnapshotInput): Change[] {
  return [
    ...diffGateways(before.config, after.config),
    ...diffNamed('host', hostsOf(before, after), hostsOf(after, before), diffRoutes),
    ...diffNamed('cluster', clustersOf(before, after), clustersOf(after, before)),
  ];
}

function diffGateways(before: GatewayConfig, after: GatewayConfig): Change[] {
  const listeners = (config: GatewayConfig) =>
    config.listeners.map((value) => ({ name: `port ${value.port}`, value, origin: value.tables[0]?.origin }));
  const rules = (config: GatewayConfig) =>
    scopesOf(config).flatMap(({ jwt }) =>
      jwt.map((value) => ({ name: nameOf(value.origin, value.issuer), value, origin: value.origin })),
    );
  return [
    ...(meaning(before.settings) === meaning(after.settings)
      ? []
      : [{ what: 'settings', change: 'changed', name: 'mesh settings' } as const]),
    ...diffNamed('listener', listeners(before), listeners(after)),
    ...diffNamed('authentication', rules(before), rules(after)),
    ...diffNamed('policy', policiesOf(before), policiesOf(after)),
  ];
}

function hostsOf({ domains }: SnapshotInput, other: SnapshotInput): Named<DomainConfig>[] {
  return onlyHere(domains, other.domains).map((value) => ({
    name: value.domain,
    value,
    origin: routesOf(value)[0]?.origin,
  }));
}

function clustersOf({ clusters }: SnapshotInput, other: SnapshotInput): Named<unknown>[] {
  return onlyHere(clusters, other.clusters).map((value) => ({ name: value.name, value, origin: value.origin }));
}

/** One object in both is no difference, and most are. */
function onlyHere<T>(here: ReadonlyMap<string, T>, there: ReadonlyMap<string, T>): T[] {
  const values: T[] = [];
  for (const [name, value] of here) if (there.get(name) !== value) values.push(value);
  return values;
}

/** The action is no part of a compiled policy, but of the list in which it stands; one policy may hold in many scopes. */
function policiesOf(config: GatewayConfig): Named<unknown>[] {
  const places = Object.entries(config.policies).flatMap(([scope, { authorization }]) =>
    POLICY_ACTIONS.flatMap((action) => authorization[action].map((policy) => ({ scope, action, policy }))),
  );
  const byName = Map.groupBy(places, ({ policy }) => `${policy.namespace}/${policy.name}`);
  return [...byName].map(([name, value]) => ({ name, value, origin: value[0]?.policy.origin }));
}

function scopesOf({ policies }: GatewayConfig): PolicyScope[] {
  return Object.values(policies);
}

/** Routes have no identity of their own: those that are not in both are paired by name or field path. */
function diffRoutes(before: DomainConfig, after: DomainConfig): Change[] {
  const named = (domain: DomainConfig): Named<RouteConfig>[] =>
    routesOf(domain).map((value) => ({ name: `${domain.domain} ${routeName(value)}`, value, origin: value.origin }));
  const [old, now] = [named(before), named(after)];
  const oldMeanings = new Set(old.map(({ value }) => meaning(value)));
  const newMeanings = new Set(now.map(({ value }) => meaning(value)));
  return diffNamed(
    'route',
    old.filter(({ value }) => !newMeanings.has(meaning(value))),
    now.filter(({ value }) => !oldMeanings.has(meaning(value))),
  );
}

function routesOf(domain: DomainConfig): RouteConfig[] {
  return Object.values(domain.virtualHosts).flatMap((virtualHost) => virtualHost.routes);
}

function routeName({ name, origin }: RouteConfig): string {
  return name !== '' ? name : `${nameOf(origin, '')}${origin.path ?? ''}`;
}

function nameOf(origin: ConfigOrigin, detail: string): string {
  return `${origin.namespace}/${origin.name}${detail === '' ? ' ' : ` ${detail}`}`;
}

/** `inside` may say more of a changed value; without more to say the value itself is reported. */
function diffNamed<T>(
  what: Change['what'],
  before: readonly Named<T>[],
  after: readonly Named<T>[],
  inside?: (before: T, after: T) => Change[],
): Change[] {
  const old = new Map(before.map((entry) => [entry.name, entry]));
  const now = new Map(after.map((entry) => [entry.name, entry]));
  const changes: Change[] = [];
  for (const entry of now.values()) {
    const previous = old.get(entry.name);
    if (previous === undefined) changes.push(toChange(what, 'added', entry));
    else if (previous.value !== entry.value && meaning(previous.value) !== meaning(entry.value)) {
      const details = inside?.(previous.value, entry.value) ?? [];
      changes.push(...(details.length > 0 ? details : [toChange(what, 'changed', entry)]));
    }
  }
  for (const entry of old.values()) if (!now.has(entry.name)) changes.push(toChange(what, 'removed', entry));
  return changes;
}

function toChange(what: Change['what'], change: Change['change'], { name, origin }: Named<unknown>): Change {
  return { what, change, name, ...(origin === undefined ? {} : { origin }) };
}

/** Text of a value without where it comes from. */
function meaning(value: unknown): string {
  return canonicalJson(value, () => undefined);
}
