import type { SettingsConfig } from '../../engine/config.ts';
import { HttpConnectionManager_PathWithEscapedSlashesAction as EscapedSlashes } from '../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts';

/** meshConfig.pathNormalization in the connection manager's fields; it also changes the forwarded path. */
export function pathNormalization(mode: SettingsConfig['pathNormalization']): {
  normalizePath: boolean;
  mergeSlashes: boolean;
  pathWithEscapedSlashesAction: EscapedSlashes;
} {
  return {
    normalizePath: mode !== 'NONE',
    mergeSlashes: mode === 'MERGE_SLASHES' || mode === 'DECODE_AND_MERGE_SLASHES',
    pathWithEscapedSlashesAction:
      mode === 'DECODE_AND_MERGE_SLASHES' ? EscapedSlashes.UNESCAPE_AND_FORWARD : EscapedSlashes.KEEP_UNCHANGED,
  };
}
