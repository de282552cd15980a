import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder that is gone after the test, and openssl in it: the judge who is not of this house. */
export class Folder {
  readonly path = mkdtempSync(join(tmpdir(), 'fs-ca-'));

  write(name: string, text: string | Uint8Array): string {
    writeFileSync(join(this.path, name), text);
    return join(this.path, name);
  }

  read(name: string): string {
    return readFileSync(join(this.path, name), 'utf8');
  }

  openssl(...args: string[]): string {
    return execFileSync('openssl', args, { cwd: this.path, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
