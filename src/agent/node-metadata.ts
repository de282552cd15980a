import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const TEXT = 'ISTIO_META_';
const JSON_VALUE = 'ISTIO_METAJSON_';

export interface NodeFacts {
  readonly pod: string;
  readonly namespace: string;
  readonly serviceAccount: string;
  /** Where the downward API writes `labels` and `annotations`; undefined: nowhere. */
  readonly podInfoFolder: string | undefined;
}

/**
 * What a node says of itself to the control plane (ISTIO.md 4.5): every ISTIO_META_X as X, every ISTIO_METAJSON_X as the JSON
 * that it is, the pod's name, account and labels.
 */
export function nodeMetadata(
  env: Readonly<Record<string, string | undefined>>,
  { pod, namespace, serviceAccount, podInfoFolder }: NodeFacts,
): Record<string, unknown> {
  const metadata: Record<string, unknown> = { NAME: pod, NAMESPACE: namespace, SERVICE_ACCOUNT: serviceAccount };
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined) continue;
    if (name.startsWith(JSON_VALUE)) metadata[name.slice(JSON_VALUE.length)] = JSON.parse(value);
    else if (name.startsWith(TEXT)) metadata[name.slice(TEXT.length)] = value;
  }
  if (podInfoFolder !== undefined) {
    metadata.LABELS = parseDownward(readFileSync(join(podInfoFolder, 'labels'), 'utf8'));
  }
  return metadata;
}

/** Lines of `key="value"` with the value quoted as in Go, which for labels is JSON's quoting. */
export function parseDownward(text: string): Record<string, string> {
  const values: Record<string, string> = {};
  for (const line of text.split('\n')) {
    const [, key, quoted] = /^([^=]+)=(".*")$/.exec(line) ?? [];
    if (key !== undefined && quoted !== undefined) values[key] = String(JSON.parse(quoted));
  }
  return values;
}
