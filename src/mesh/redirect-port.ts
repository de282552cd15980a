/** The port that a Location has to name: none where it is the default of the scheme that results. */
export function redirectPort(port: number | undefined, scheme: string | undefined, tls: boolean): number | undefined {
  const resulting = scheme || (tls ? 'https' : 'http');
  if (port === undefined || port === 0) return undefined;
  return (port === 80 && resulting === 'http') || (port === 443 && resulting === 'https') ? undefined : port;
}
