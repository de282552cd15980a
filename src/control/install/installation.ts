import { asFields } from '../../resources/metadata.ts';
import { DEFAULT_REVISION } from '../injection/names.ts';
import { deepMerge } from './deep-merge.ts';
import { type OperatorSpec, operatorSpec, parseOperatorSpec, parseRevision } from './operator-spec.ts';
import { readProfile } from './profiles.ts';
import { applySet } from './set-path.ts';
import { unknownFields } from './unknown-fields.ts';
import { type InstallValues, installValues, parseValues } from './values.ts';

export const DEFAULT_NAMESPACE = 'istio-system';
const DEFAULT_PROFILE = 'default';
const DEFAULT_HUB = 'foresail';
const DEFAULT_TAG = 'latest';

export interface InstallationInput {
  /** Specs of IstioOperators, in the order given: later ones go over earlier ones. */
  readonly specs: readonly Readonly<Record<string, unknown>>[];
  readonly sets: readonly string[];
  readonly revision?: string | undefined;
}

/** What is to be installed, with every question answered. */
export interface Installation {
  readonly profile: string;
  readonly namespace: string;
  readonly revision: string;
  readonly hub: string;
  readonly tag: string;
  readonly spec: OperatorSpec;
  readonly values: InstallValues;
  /** What was asked for and means nothing here. */
  readonly warnings: readonly string[];
}

/** Profile, then files, then --set, as istioctl has it. */
export function resolveInstallation({ specs, sets, revision }: InstallationInput): Installation {
  const given = specs.reduce<unknown>(deepMerge, {});
  const isProfile = (assignment: string): boolean => assignment.startsWith('profile=');
  const named = sets.filter(isProfile).reduce<unknown>(applySet, given);
  const profile = profileIn(named) ?? DEFAULT_PROFILE;
  // --set may mean a gateway of the profile by its place in the list.
  const spec = parseOperatorSpec(sets.reduce<unknown>(applySet, deepMerge(readProfile(profile), given)));
  const values = parseValues(spec.values);
  const { hub, warning } = hubOf(spec.hub ?? values.global.hub);
  const wantedRevision = parseRevision(revision ?? spec.revision ?? values.revision ?? '');
  return {
    profile,
    namespace: spec.namespace ?? values.global.istioNamespace ?? DEFAULT_NAMESPACE,
    revision: wantedRevision === '' ? DEFAULT_REVISION : wantedRevision,
    hub,
    tag: warning === undefined ? (spec.tag ?? values.global.tag ?? DEFAULT_TAG) : DEFAULT_TAG,
    spec,
    values,
    warnings: [
      ...(warning === undefined ? [] : [warning]),
      ...unknownFields(operatorSpec, spec, 'spec'),
      ...unknownFields(installValues, spec.values, 'spec.values'),
    ],
  };
}

function profileIn(spec: unknown): string | undefined {
  const profile = asFields(spec)?.profile;
  return profile === undefined ? undefined : String(profile);
}

const ISTIO_HUBS = /^(docker\.io\/istio|istio|gcr\.io\/istio-(release|testing)|registry\.istio\.io\/.*)$/;

/** Files that were written for Istio name its images; there is no foresaild among those. */
function hubOf(hub: string | undefined): { hub: string; warning?: string } {
  if (hub === undefined) return { hub: DEFAULT_HUB };
  if (!ISTIO_HUBS.test(hub)) return { hub };
  return {
    hub: DEFAULT_HUB,
    warning: `hub ${hub} holds Istio's images: ${DEFAULT_HUB} is used, and tag ${DEFAULT_TAG}`,
  };
}

/** `istiod` for the default revision, else `istiod-1-20-1`. */
export function withRevision(name: string, revision: string): string {
  return revision === DEFAULT_REVISION ? name : `${name}-${revision}`;
}
