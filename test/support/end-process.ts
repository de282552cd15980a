import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** Ends a program as Kubernetes does, and waits: an agent takes its Envoy along only when it is asked to end. */
export async function endProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await exited;
}
