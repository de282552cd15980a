/** What happened, in a word, and its facts. Never a key, a token or a request's body. */
export type Log = (event: string, facts?: Readonly<Record<string, string | number | boolean | undefined>>) => void;

export const NO_LOG: Log = () => {};

/** A line of JSON on standard error for each event. */
export function jsonLog(component: string): Log {
  return (event, facts = {}) => {
    process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), component, event, ...facts })}\n`);
  };
}
