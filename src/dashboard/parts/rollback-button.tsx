import { useRef, useState } from 'preact/hooks';
import { ApiProblem, postJson } from '../state/api.ts';
import { refreshState, state } from '../state/live.ts';
import { UnlockForm } from './unlock-form.tsx';

interface Props {
  readonly version: number;
  onProblem(problem: ApiProblem | undefined): void;
}

/** Asks once more: what everybody's requests meet with changes at once. */
export function RollbackButton({ version, onProblem }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [isGoing, setGoing] = useState(false);
  const access = state.value?.access ?? 'read-only';
  const rollBack = async (): Promise<void> => {
    setGoing(true);
    try {
      await postJson('/api/rollback', { version });
      onProblem(undefined);
      await refreshState();
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      onProblem(error);
    }
    setGoing(false);
    dialog.current?.close();
  };
  return (
    <>
      <button
        type="button"
        disabled={access === 'read-only'}
        title={access === 'read-only' ? 'Start with --console-token to allow this' : undefined}
        onClick={() => dialog.current?.showModal()}
      >
        Roll back<span class="sr-only"> to version {version}</span>
      </button>
      <dialog ref={dialog} aria-label={`Roll back to version ${version}`}>
        <h2>Roll back to version {version}?</h2>
        {access === 'granted' ? (
          <>
            <p>Every edge serves it within moments, as a new version. You can roll back again from there.</p>
            <div class="dialog-actions">
              <button type="button" onClick={() => dialog.current?.close()}>
                Cancel
              </button>
              <button type="button" class="primary" disabled={isGoing} onClick={() => void rollBack()}>
                Roll back
              </button>
            </div>
          </>
        ) : (
          <UnlockForm onCancel={() => dialog.current?.close()} />
        )}
      </dialog>
    </>
  );
}
