/** One document of a YAML stream: a slice of the file's text. */
export interface DocumentSlice {
  readonly start: number;
  readonly end: number;
}

const MARKER = /^(?:---|\.\.\.)(?=[ \t\r\n]|$)/gm;
const HAS_CONTENT = /^[ \t]*[^\s#%]/m;

/**
 * Cuts a stream at its `---` and `...` lines. YAML forbids both at the start of a line inside any scalar, so a
 * broken document cannot hide the next marker, and every document can be read on its own.
 */
export function splitDocuments(text: string, maxDocuments: number): { slices: DocumentSlice[]; truncated: boolean } {
  const slices: DocumentSlice[] = [];
  let start = text.startsWith('\uFEFF') ? 1 : 0;
  const push = (end: number): void => {
    if (HAS_CONTENT.test(text.slice(start, end))) slices.push({ start, end });
  };
  MARKER.lastIndex = 0;
  for (const marker of text.matchAll(MARKER)) {
    push(marker.index);
    start = marker.index + 3;
    if (slices.length >= maxDocuments) return { slices, truncated: true };
  }
  push(text.length);
  return { slices, truncated: false };
}
