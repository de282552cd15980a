import { createHash } from 'node:crypto';
import type { Log } from '../../ca/log.ts';
import type { KubeClient } from '../kubernetes/kube-client.ts';
import { isKubeError } from '../kubernetes/kube-error.ts';
import { microTime } from '../kubernetes/lease.ts';
import { RESOURCES, resourcePath } from '../kubernetes/resource-path.ts';
import type { RefusedObject } from './compute-statuses.ts';
import { CONTROLLER_NAME } from './gateway-api-status.ts';

export interface RefusalEventsOptions {
  readonly client: KubeClient;
  /** Who we are, among replicas. */
  readonly instance: string;
  isLeader(): boolean;
  readonly log: Log;
}

/** The API server's limit. */
const MAX_NOTE_LENGTH = 1_024;
const MAX_REMEMBERED = 10_000;

/** An Event at every object that is refused, once for each generation of it. */
export class RefusalEvents {
  readonly #options: RefusalEventsOptions;
  readonly #told = new Set<string>();

  constructor(options: RefusalEventsOptions) {
    this.#options = options;
  }

  async tell(refused: readonly RefusedObject[]): Promise<void> {
    for (const object of refused) {
      const { uid, generation } = object.target;
      const id = `${uid}/${generation}`;
      if (!this.#options.isLeader() || this.#told.has(id)) continue;
      this.#told.add(id);
      if (this.#told.size > MAX_REMEMBERED) this.#told.clear();
      try {
        await this.#post(object, id);
      } catch (error) {
        this.#told.delete(id);
        this.#options.log('event_not_written', { why: error instanceof Error ? error.message : String(error) });
      }
    }
  }

  async #post({ target, findings }: RefusedObject, id: string): Promise<void> {
    const { definition, name, uid } = target;
    const namespace = target.namespace === '' ? 'default' : target.namespace;
    const note = findings.map(({ code, message }) => `${code}: ${message}`).join('\n');
    const event = {
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      // The same name for the same refusal: another replica that tells it too tells nothing new.
      metadata: {
        name: `${name.slice(0, 200)}.${createHash('sha256').update(id).digest('hex').slice(0, 16)}`,
        namespace,
      },
      type: 'Warning',
      reason: 'Refused',
      action: 'Validate',
      note: note.slice(0, MAX_NOTE_LENGTH),
      regarding: {
        apiVersion: `${definition.group}/${definition.versions[0]}`,
        kind: definition.kind,
        namespace: target.namespace,
        name,
        uid,
      },
      reportingController: CONTROLLER_NAME,
      reportingInstance: this.#options.instance.slice(0, 128),
      eventTime: microTime(Date.now()),
    };
    try {
      await this.#options.client.post(resourcePath(RESOURCES.events, { namespace }), event);
    } catch (error) {
      if (!isKubeError(error, 409, 'AlreadyExists')) throw error;
    }
  }
}
