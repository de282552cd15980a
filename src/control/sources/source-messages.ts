import type { Finding } from '../../resources/finding.ts';
import { finding, type Message } from '../../resources/finding-messages.ts';
import type { Origin } from '../../resources/origin.ts';

/** What only a source of files can say. */
const messages = {
  LastGoodKept: {
    code: 'FS0201',
    name: 'LastGoodKept',
    level: 'Warning',
    template: '{object} is broken now; its last good version goes on',
    fix: 'Correct the object, or delete it to take it out of service.',
  },
  UnreadableFile: {
    code: 'FS0202',
    name: 'UnreadableFile',
    level: 'Error',
    template: 'The file cannot be read: {reason}{consequence}',
    fix: 'Make the file readable for the user that runs foresail.',
  },
  FolderVanished: {
    code: 'FS0203',
    name: 'FolderVanished',
    level: 'Error',
    template: 'The folder cannot be read: {reason}; the last good configuration goes on',
    fix: 'Bring the folder back; foresail goes on by itself then.',
  },
} as const satisfies Readonly<Record<string, Message>>;

export function lastGoodKept(origin: Origin): Finding {
  const object = `${origin.kind} ${origin.namespace === '' ? '' : `${origin.namespace}/`}${origin.name}`;
  return finding(messages.LastGoodKept, origin, { object });
}

export function unreadableFile(file: string, reason: string, hasLastGood: boolean): Finding {
  const consequence = hasLastGood ? '; what it held before goes on' : '';
  return finding(messages.UnreadableFile, fileOrigin(file), { reason, consequence });
}

export function folderVanished(path: string, reason: string): Finding {
  return finding(messages.FolderVanished, fileOrigin(path), { reason });
}

export function fileOrigin(file: string): Origin {
  return { kind: 'File', namespace: '', name: file, file };
}
