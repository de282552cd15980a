import { z } from 'zod';

export const LINK_STATE_FILE = 'link.json';

const keySchema = z.object({ id: z.string(), madeAtMs: z.number() });

const stateSchema = z.object({
  format: z.literal(1),
  /** The audience of passes. */
  mesh: z.string(),
  /** The key that the worker is to sign with. */
  active: z.string(),
  activeSinceMs: z.number(),
  /** Cluster gateways take passes of all of them; newest first. */
  keys: z.array(keySchema).min(1),
});

export type LinkState = z.infer<typeof stateSchema>;

export function parseLinkState(text: string, storeName: string): LinkState {
  try {
    return stateSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new LinkError(`${LINK_STATE_FILE} in ${storeName} cannot be read`, {
      fix: 'Bring it back from a backup, or begin anew in another folder (--dir).',
      cause,
    });
  }
}

/** Why the keys of a link cannot be what is asked for, and what to do. */
export class LinkError extends Error {
  override readonly name = 'LinkError';
  readonly fix: string;

  constructor(message: string, { fix, cause }: { readonly fix: string; readonly cause?: unknown }) {
    super(message, { cause });
    this.fix = fix;
  }
}
