/** As what a workload takes part: gateways and a sidecar's calls are CLIENT, what a sidecar takes in is SERVER. */
export type TelemetryMode = 'CLIENT' | 'SERVER';

export function isForMode(
  match: { readonly mode?: 'CLIENT' | 'SERVER' | 'CLIENT_AND_SERVER' | undefined } | undefined,
  mode: TelemetryMode,
): boolean {
  const wanted = match?.mode ?? 'CLIENT_AND_SERVER';
  return wanted === 'CLIENT_AND_SERVER' || wanted === mode;
}
