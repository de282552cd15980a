import { ECHO_START, type Received } from './echo-upstream.ts';
import { grouped, type Observation } from './observation.ts';
import type { RawResponse } from './raw-http.ts';

/** What an upstream got, headers without Host. Whoever asks for the destination may take headers out. */
interface Arrived {
  readonly address: string;
  readonly host: string;
  readonly headers: Map<string, string[]>;
}

/** A response with what the echoing upstream says of the request; without it the answer was made on the way. */
export function forwardedTo(
  { status, headers, body }: RawResponse,
  meant: (arrived: Arrived) => { readonly destination: string; readonly authority: string },
): Observation {
  const responseHeaders = grouped(headers);
  const echoed = responseHeaders.get('x-echo')?.[0];
  if (echoed === undefined && !body.startsWith(ECHO_START)) {
    return { status, body, responseHeaders, forwarded: undefined };
  }
  const text = echoed === undefined ? Buffer.from(body, 'latin1') : Buffer.from(echoed, 'base64');
  const received = JSON.parse(text.toString('utf8')) as Received;
  const requestHeaders = grouped(received.headers);
  const host = requestHeaders.get('host')?.[0] ?? '';
  requestHeaders.delete('host');
  const { method, target, address, body: content } = received;
  return {
    status,
    body: '',
    responseHeaders,
    forwarded: {
      ...meant({ address, host, headers: requestHeaders }),
      method,
      target,
      body: content,
      headers: requestHeaders,
    },
  };
}
