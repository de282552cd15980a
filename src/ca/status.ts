import type { RotationPhase } from './authority/ca-state.ts';
import { MeshCa } from './authority/mesh-ca.ts';
import type { Gate } from './rotation/gate.ts';
import { LeafLedger } from './rotation/leaf-ledger.ts';
import { PROGRESS_FILE } from './rotation/rotation-driver.ts';
import type { CaStore } from './store/ca-store.ts';

export interface CaStatus {
  readonly trustDomain: string;
  readonly issuers: readonly {
    readonly id: string;
    readonly isActive: boolean;
    readonly kind: 'root' | 'intermediate';
    readonly expires: string;
    readonly subject: string;
  }[];
  /** Proxies whose certificate has not expired. */
  readonly leaves: number;
  readonly revoked: number;
  readonly rotation?: {
    readonly phase: RotationPhase;
    readonly from: string;
    readonly to: string;
    readonly since: string;
    readonly gate?: Gate;
  };
}

/** What the store tells, for somebody beside the running CA. */
export async function readCaStatus(store: CaStore, now: () => number = Date.now): Promise<CaStatus> {
  const ca = await MeshCa.open({ store, now });
  const { state, issuers } = ca;
  const { rotation } = state;
  const gate = rotation === undefined ? undefined : await readGate(store, rotation.phase);
  return {
    trustDomain: ca.trustDomain,
    issuers: [...issuers.values()].map(({ id, certificate, chain }) => ({
      id,
      isActive: id === state.active,
      kind: chain.length === 1 ? 'root' : 'intermediate',
      expires: new Date(certificate.notAfterMs).toISOString(),
      subject: certificate.x509.subject.replaceAll('\n', ', '),
    })),
    leaves: (await LeafLedger.openToRead(store)).outstanding(now()).length,
    revoked: state.revoked.length,
    ...(rotation === undefined
      ? {}
      : {
          rotation: {
            phase: rotation.phase,
            from: rotation.from,
            to: rotation.to,
            since: new Date(rotation.phaseSinceMs).toISOString(),
            ...(gate === undefined ? {} : { gate }),
          },
        }),
  };
}

/** Written by the running CA; of another phase it is old. */
async function readGate(store: CaStore, phase: RotationPhase): Promise<Gate | undefined> {
  const gate = JSON.parse((await store.read(PROGRESS_FILE)) ?? 'null') as Gate | null;
  return gate?.phase === phase ? gate : undefined;
}
