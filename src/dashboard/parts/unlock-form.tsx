import { useState } from 'preact/hooks';
import { unlock } from '../state/live.ts';

/** The token that the console was started with; kept in this tab only. */
export function UnlockForm({ onCancel }: { onCancel(): void }) {
  const [isWrong, setWrong] = useState(false);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        const token = String(new FormData(event.currentTarget).get('token') ?? '');
        void unlock(token).then((isGranted) => setWrong(!isGranted));
      }}
    >
      <p>Changes need the token that the console was started with.</p>
      <label class="field">
        Token
        <input name="token" type="password" autocomplete="off" required />
      </label>
      {isWrong && (
        <p class="form-error" role="alert">
          That is not the token.
        </p>
      )}
      <div class="dialog-actions">
        <button type="button" onClick={onCancel}>
          Cancel
        </button>
        <button type="submit" class="primary">
          Unlock
        </button>
      </div>
    </form>
  );
}
