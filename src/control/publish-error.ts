import type { VersionInfo } from '../snapshot/format.ts';

/** Why a version was not published: what, why, how to fix. */
export class PublishError extends Error {
  override readonly name = 'PublishError';
  readonly why: string;
  readonly fix: string;

  constructor(what: string, why: string, fix: string, cause?: unknown) {
    super(what, { cause });
    this.why = why;
    this.fix = fix;
  }

  static nothingPublished(store: string): PublishError {
    const fix = 'Publish with `foresail push <folder>` first, or check --store.';
    return new PublishError('there is nothing to roll back', `${store} holds no version`, fix);
  }

  static noSuchVersion(wanted: number | undefined, versions: readonly VersionInfo[]): PublishError {
    const [, ...earlier] = versions.map(({ version }) => version);
    const kept = earlier.length === 0 ? 'no earlier version is kept' : `kept are ${earlier.join(', ')}`;
    const what =
      wanted === undefined ? 'there is no other version to roll back to' : `cannot roll back to version ${wanted}`;
    return new PublishError(what, kept, '`foresail versions` lists what can be rolled back to.');
  }

  static incompleteVersion(version: number, missing: readonly string[]): PublishError {
    const why = `${missing.length} of its pieces are gone, the first is ${missing[0]}`;
    return new PublishError(`version ${version} is incomplete`, why, 'Roll back to another version.');
  }

  static contended(store: string, races: number): PublishError {
    const why = `another syncer published ${races} times while this one was writing`;
    return new PublishError(`cannot publish to the ${store}`, why, 'Let only one syncer write to a store.');
  }

  static wouldBeUnsigned(store: string): PublishError {
    const why = 'the root there is signed and no signing key is given: edges that have the public key would refuse it';
    const fix = 'Give the key with --sign-key, or publish unsigned with --force.';
    return new PublishError(`cannot publish to the ${store}`, why, fix);
  }

  static brokenRoot(store: string, cause: Error): PublishError {
    const fix = 'If the store is the right one, publish over it with --force; its versions are lost then.';
    return new PublishError(`the root in the ${store} cannot be read`, cause.message, fix, cause);
  }
}
