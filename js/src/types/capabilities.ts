/** What collections can do beside what all can. */
const NAMES = [
  /** Search by keywords. */
  "keyword",
  /** Search by keywords and vectors together. */
  "hybrid",
  /** MMR, and what nearText moves towards. */
  "diversify",
  /** whereDocument: $contains, $not_contains. */
  "documentFilter",
  /** whereDocument: $regex, $not_regex. */
  "regex",
  /** Lists as values of metadata, with $contains and $not_contains. */
  "lists",
  /** Collections with a vectorizer, with several vectors an object, and such that cut documents. */
  "objects",
  "namedVectors",
  "chunking",
  /** subscribe() tells of what others wrote, too. */
  "subscribe",
  "reembed",
  "recall",
  "project",
  /** export() and import(). */
  "files",
  /** importHnswlib() and exportHnswlib(). */
  "hnswlib",
  "check",
] as const;

/** What a client's collections can do, and what is refused with code "unsupported". */
export type Capabilities = Readonly<Record<(typeof NAMES)[number], boolean>>;

/** Of collections in the core: no exceptions. */
export const EVERYTHING = Object.fromEntries(NAMES.map((name) => [name, true])) as Capabilities;
