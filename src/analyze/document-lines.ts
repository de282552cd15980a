/**
 * The line at which istioctl says that a document begins: its first line that is neither blank nor a separator, a
 * comment above the object included.
 */
export class DocumentLines {
  readonly #starts: readonly number[];
  readonly #isList: readonly boolean[];

  constructor(text: string) {
    const starts: number[] = [];
    const isList: boolean[] = [];
    let isOpen = false;
    for (const [index, line] of text.split(/\r?\n/).entries()) {
      if (/^---\s*$/.test(line)) isOpen = false;
      else if (isOpen) {
        if (LIST.test(line)) isList[isList.length - 1] = true;
      } else if (line !== '') {
        isOpen = true;
        starts.push(index + 1);
        isList.push(LIST.test(line));
      }
    }
    this.#starts = starts;
    this.#isList = isList;
  }

  /** Of the document that `line` is in; the items of a List keep their own lines. */
  startOf(line: number): number {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#starts[middle] ?? 0) <= line) low = middle;
      else high = middle - 1;
    }
    const start = this.#starts[low] ?? line;
    return this.#isList[low] === true || start > line ? line : start;
  }
}

const LIST = /^kind: *\w*List\b/;
