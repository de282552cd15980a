import { computed, effect, signal } from '@preact/signals';
import type { ConsoleEvent, MeshView, StateView, TrafficView } from '../../control/console/wire.ts';
import { ApiProblem, getJson, rememberToken, withQuery } from './api.ts';

/** What the console knows, kept up to date by the events of the control plane. */
export const state = signal<StateView | undefined>(undefined);
export const mesh = signal<MeshView | undefined>(undefined);
export const traffic = signal<TrafficView | undefined>(undefined);
export const isConnected = signal(true);
export const loadProblem = signal<ApiProblem | undefined>(undefined);
/** Over which rates and errors are told. */
export const seconds = signal(60);
/** Counts what has arrived; views that ask for more of their own ask again. */
export const trafficBeat = signal(0);

export const servicesByHost = computed(
  () => new Map((mesh.value?.services ?? []).map((service) => [service.host, service])),
);
export const workloadsById = computed(
  () => new Map((mesh.value?.workloads ?? []).map((workload) => [workload.id, workload])),
);

export function startLive(): void {
  void refreshState();
  const events = new EventSource('/api/events');
  const on = (name: ConsoleEvent, act: () => void): void => events.addEventListener(name, act);
  on('state', () => void refreshState());
  on('traffic', () => {
    if (document.visibilityState === 'visible') void refreshTraffic();
  });
  events.onopen = () => {
    isConnected.value = true;
  };
  events.onerror = () => {
    isConnected.value = false;
  };
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') void refreshTraffic();
  });
  effect(() => {
    seconds.value;
    void refreshTraffic();
  });
}

export async function refreshState(): Promise<void> {
  await guarded(async () => {
    const next = await getJson<StateView>('/api/state');
    const isNewMesh = mesh.peek()?.revision !== next.revision;
    state.value = next;
    if (isNewMesh && next.revision > 0) mesh.value = await getJson<MeshView>('/api/mesh');
  });
}

export async function unlock(token: string): Promise<boolean> {
  rememberToken(token);
  await refreshState();
  const isGranted = state.peek()?.access === 'granted';
  if (!isGranted) rememberToken(undefined);
  return isGranted;
}

let isRefreshing = false;

async function refreshTraffic(): Promise<void> {
  // A slow answer is not overtaken by the next question.
  if (isRefreshing) return;
  isRefreshing = true;
  await guarded(async () => {
    traffic.value = await getJson<TrafficView>(withQuery('/api/traffic', { seconds: seconds.peek() }));
    trafficBeat.value++;
  });
  isRefreshing = false;
}

async function guarded(work: () => Promise<void>): Promise<void> {
  try {
    await work();
    loadProblem.value = undefined;
    isConnected.value = true;
  } catch (error) {
    if (!(error instanceof ApiProblem)) throw error;
    loadProblem.value = error;
    if (error.status === 0) isConnected.value = false;
  }
}
