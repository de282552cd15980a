import { removeOtherIssuers } from '../authority/issuer-files.ts';
import type { MeshCa } from '../authority/mesh-ca.ts';
import { type Gate, gateOf } from './gate.ts';
import type { LeafLedger } from './leaf-ledger.ts';
import type { Proxies } from './proxies.ts';
import { nextStep } from './rotation-steps.ts';

/** Where `foresail ca status`, another process, reads how far the gate is. */
export const PROGRESS_FILE = 'rotation-progress.json';

export interface RotationDriverOptions {
  readonly ca: MeshCa;
  readonly ledger: LeafLedger;
  readonly proxies: Proxies;
  /** How long a phase lasts at least: agents that are just starting must have time to show up. */
  readonly minPhaseMs?: number;
  readonly intervalMs?: number;
}

const DEFAULT_MIN_PHASE_MS = 30_000;
const DEFAULT_INTERVAL_MS = 1_000;

/** Carries a rotation from phase to phase as its gates open. Holds nothing of its own: any process can go on with it. */
export class RotationDriver {
  readonly #options: RotationDriverOptions;
  readonly #minPhaseMs: number;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();
  #shown = '';
  #isTidy = false;

  constructor(options: RotationDriverOptions) {
    this.#options = options;
    this.#minPhaseMs = options.minPhaseMs ?? DEFAULT_MIN_PHASE_MS;
  }

  start(): void {
    const tick = (): void => {
      this.#running = this.step()
        .catch((error: unknown) => this.#options.ca.log('rotation-failed', { why: String(error) }))
        .then(() => {
          if (this.#timer !== undefined) this.#timer = setTimeout(tick, this.#intervalMs).unref();
        });
    };
    this.#timer = setTimeout(tick, this.#intervalMs).unref();
  }

  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#running;
  }

  get gate(): Gate | undefined {
    const { ca, ledger, proxies } = this.#options;
    const { rotation } = ca.state;
    if (rotation === undefined) return undefined;
    const leaves = ledger.outstanding(ca.now());
    return gateOf({ phase: rotation.phase, newIssuer: rotation.to, bundleHash: ca.bundle.hash, leaves, proxies });
  }

  /** Looks once, and takes the next step if the gate is open. */
  async step(): Promise<void> {
    const { ca } = this.#options;
    await ca.reload();
    const { gate } = this;
    const { rotation } = ca.state;
    await this.#show(gate);
    if (gate === undefined || rotation === undefined) {
      await this.#tidy();
      return;
    }
    this.#isTidy = false;
    const nowMs = ca.now();
    const isOpen = gate.isOpen && nowMs - rotation.phaseSinceMs >= this.#minPhaseMs;
    if (!isOpen && rotation.skipGate !== true) return;
    const { phase, startedAtMs } = rotation;
    await ca.change((state) => {
      // Somebody else, an abort among them, was faster: look again at the next tick.
      const isStill = state.rotation?.phase === phase && state.rotation.phaseSinceMs === rotation.phaseSinceMs;
      return isStill ? nextStep(state, nowMs) : state;
    });
    ca.log('rotation-step', {
      from: phase,
      to: ca.state.rotation?.phase ?? 'done',
      skipped: rotation.skipGate === true,
    });
    if (ca.state.rotation === undefined) {
      ca.log('rotation-done', { tookMs: nowMs - startedAtMs, active: ca.active.id });
      await this.#tidy();
    }
    await this.#show(this.gate);
  }

  /** Removes the keys of issuers that are no more; also those that a process left which died right before. */
  async #tidy(): Promise<void> {
    if (this.#isTidy) return;
    const { ca } = this.#options;
    await ca.store.exclusively(async () => {
      // Since the last look somebody may have brought in an issuer.
      await ca.reload();
      await removeOtherIssuers(ca.store, ca.state.issuers);
    });
    this.#isTidy = true;
  }

  async #show(gate: Gate | undefined): Promise<void> {
    const text = JSON.stringify(gate ?? null);
    if (text === this.#shown) return;
    await this.#options.ca.store.write(PROGRESS_FILE, `${text}\n`);
    this.#shown = text;
  }

  get #intervalMs(): number {
    return this.#options.intervalMs ?? DEFAULT_INTERVAL_MS;
  }
}
