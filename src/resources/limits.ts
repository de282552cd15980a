/** Bounds on what a user may hand in; everything here is refused with a finding, quickly, before work is done. */

export const MAX_FILE_BYTES = 10 * 1024 * 1024; /* 10 MiB; etcd itself refuses objects over 1.5 MiB */
export const MAX_DOCUMENTS_PER_FILE = 20_000;
export const MAX_FINDINGS_PER_FILE = 200;
export const MAX_FINDINGS_PER_OBJECT = 50;
export const MAX_MESSAGE_LENGTH = 600;
export const MAX_NESTING = 100;
/** Of one document: scalars, mappings and sequences. */
export const MAX_NODES = 1_000_000;
/** Nodes that aliases may stand for in one document: far above any honest use, far below an alias bomb. */
export const MAX_ALIASED_NODES = 100_000;
/** Above this many brackets open at once, a text is not handed to the YAML library at all. */
export const MAX_OPEN_BRACKETS = 1_000;
/** Of a regular expression in a StringMatch, as Istio's webhook has it. */
export const MAX_REGEX_LENGTH = 1024;
