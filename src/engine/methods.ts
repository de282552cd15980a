/** The methods that Envoy 1.40 takes over HTTP/1.1; any other, `get` among them, is a bad request. */
const KNOWN: ReadonlySet<string> = new Set(
  [
    'GET HEAD POST PUT DELETE PATCH OPTIONS CONNECT TRACE QUERY',
    'ACL BIND CHECKOUT COPY LINK LOCK MERGE MKACTIVITY MKCALENDAR MKCOL MOVE MSEARCH NOTIFY PROPFIND PROPPATCH',
    'PURGE REBIND REPORT SEARCH SOURCE SUBSCRIBE UNBIND UNLINK UNLOCK UNSUBSCRIBE',
  ].flatMap((line) => line.split(' ')),
);

export function isKnownMethod(method: string): boolean {
  return KNOWN.has(method);
}
