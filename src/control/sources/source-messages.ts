import type { Finding } from '../../resources/finding.ts';
import { finding, messages } from '../../resources/finding-messages.ts';
import { describeOrigin, type Origin } from '../../resources/origin.ts';

export function lastGoodKept(origin: Origin): Finding {
  return finding(messages.LastGoodKept, origin, { object: describeOrigin(origin) });
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
