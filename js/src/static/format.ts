// The JSON files of a static index (docs/static.md), read as what a server sent: checked first.
import { PagevecError } from "../errors.js";
import type { Metadata } from "../types.js";

export const FORMAT = 1;
export const MANIFEST = "manifest.json";
/** What files are called by, besides the hash of their content. */
export const FILE_KINDS = [
  "tables",
  "lengths",
  "terms",
  "texts",
  "centroids",
  "vectors",
  "check",
  "suggestions",
  "queries",
] as const;
export type FileKind = (typeof FILE_KINDS)[number];
/** Files end so, as servers send .gz with a Content-Encoding of their own. */
const EXTENSION = ".pvs";
/** Texts of so many passages are one file. */
export const TEXTS_PER_SHARD = 64;
/** What a hostile file could have a page unpack. */
const MAX_FILE_BYTES = 256 * 1024 * 1024;
/** Of the vectors' model: a fixed text whose vector the index holds tells whether a model is the same. */
export const MODEL_PROBE = "The quick brown fox jumps over the lazy dog.";

/** The first 16 hex digits of the SHA-256 of what a file unpacks to, which name it, and its length. */
export type FileEntry = [hash: string, bytes: number];

export function fileName(kind: FileKind, [hash]: FileEntry): string {
  return `${kind}.${hash}${EXTENSION}`;
}

/** The kind of a file of that name; undefined for others. */
export function kindOf(name: string): FileKind | undefined {
  const [, kind] = /^([a-z]+)\.[0-9a-f]{16}\.pvs$/.exec(name) ?? [];
  return FILE_KINDS.find((known) => known === kind);
}

/** manifest.json: the only file whose name stays while its content changes. */
export interface StaticManifest {
  format: number;
  /** The site's name, "" when none was given. */
  name: string;
  /** BCP 47, "" when none was given. */
  language: string;
  pages: number;
  passages: number;
  /** What embedded the passages; null: keywords only. */
  model: StaticModel | null;
  tables: FileEntry;
}

export interface StaticModel {
  /** As EmbeddingFunction.name, e.g. "pagevec-minilm". */
  name: string;
  dimensions: number;
}

/** Where everything is: one file, read once. */
export interface StaticTables {
  lengths: FileEntry;
  /** By the first term of each, ascending. */
  terms: [first: string, ...FileEntry][];
  /** Shard i has the passages from i * TEXTS_PER_SHARD on. */
  texts: FileEntry[];
  vectors: VectorTables | null;
  /** By the first key of each, ascending. */
  suggestions: SuggestionEntry[];
}

export interface VectorTables {
  /** Codes::clip of the rows. */
  clip: number;
  /** Clusters that a search looks into, and the recall@10 that the build's sample then had. */
  probes: number;
  recall: number;
  centroids: FileEntry;
  clusters: FileEntry[];
  /** Of MODEL_PROBE, one row. */
  check: FileEntry;
}

export interface SuggestionEntry {
  first: string;
  texts: FileEntry;
  /** null: the index has no vectors. */
  vectors: FileEntry | null;
}

/** A page as a shard of texts has it. */
export interface StoredPage {
  url: string;
  title: string;
  language?: string;
  metadata?: Metadata;
}

export interface StoredPassage {
  /** Its place in the shard's pages. */
  page: number;
  /** The id of the nearest heading, "" for none. */
  anchor: string;
  heading: string;
  text: string;
  /** Of its vector; -1: none. */
  cluster: number;
}

export interface TextShard {
  pages: StoredPage[];
  /** By number; null: no passage has it. */
  passages: (StoredPassage | null)[];
}

/** A text whose vector the index has. */
export interface StoredSuggestion {
  /** Folded: what is typed is looked up by this. */
  key: string;
  text: string;
  /** Of the page that it is a title or heading of, "" for none. */
  url: string;
}

/**
 * What a passage is found by, by words and by vector: its title and heading too, unless the text begins
 * with them.
 */
export function indexedText(title: string, heading: string, text: string): string {
  const before = [title, heading].filter(
    (part, i, all) => part !== "" && !text.startsWith(part) && all.indexOf(part) === i,
  );
  return [...before, text].join("\n");
}

/** @throws format_too_new, corrupt */
export function checkManifest(value: unknown): StaticManifest {
  const { format, name, language, pages, passages, model, tables } = object(value, MANIFEST);
  if (typeof format === "number" && format > FORMAT) {
    throw new PagevecError(
      "format_too_new",
      `the static index has format ${format}, this pagevec reads up to ${FORMAT}; update pagevec in the page`,
    );
  }
  return {
    format: require(format === FORMAT, FORMAT, "format"),
    name: text(name),
    language: text(language),
    pages: count(pages),
    passages: count(passages),
    model: model === null ? null : checkModel(object(model, "model")),
    tables: entry(tables),
  };
}

function checkModel({ name, dimensions }: Record<string, unknown>): StaticModel {
  return { name: text(name), dimensions: count(dimensions) };
}

/** @throws corrupt */
export function checkTables(value: unknown): StaticTables {
  const { lengths, terms, texts, vectors, suggestions } = object(value, "tables");
  return {
    lengths: entry(lengths),
    terms: list(terms).map((each) => {
      const [first, ...rest] = list(each);
      return [text(first), ...entry(rest)];
    }),
    texts: list(texts).map(entry),
    vectors: vectors === null ? null : checkVectors(object(vectors, "vectors")),
    suggestions: list(suggestions).map((each) => {
      const { first, texts: file, vectors: rows } = object(each, "suggestions");
      return {
        first: text(first),
        texts: entry(file),
        vectors: rows === null ? null : entry(rows),
      };
    }),
  };
}

function checkVectors(value: Record<string, unknown>): VectorTables {
  const clusters = list(value.clusters).map(entry);
  return {
    clip: positive(value.clip),
    probes: count(value.probes),
    recall: positive(value.recall),
    centroids: entry(value.centroids),
    clusters,
    check: entry(value.check),
  };
}

/** @throws corrupt */
export function checkTextShard(value: unknown): TextShard {
  const { pages, passages } = object(value, "texts");
  const known = list(pages).map((page) => {
    const { url, title, language, metadata } = object(page, "page");
    return {
      url: text(url),
      title: text(title),
      ...(language === undefined ? {} : { language: text(language) }),
      ...(metadata === undefined ? {} : { metadata: object(metadata, "metadata") as Metadata }),
    };
  });
  return {
    pages: known,
    passages: list(passages).map((passage) => {
      if (passage === null) return null;
      const { page, anchor, heading, text: content, cluster } = object(passage, "passage");
      return {
        page: require(count(page) < known.length, page as number, "page"),
        anchor: text(anchor),
        heading: text(heading),
        text: text(content),
        cluster: cluster === -1 ? -1 : count(cluster),
      };
    }),
  };
}

/** @throws corrupt */
export function checkSuggestions(value: unknown): StoredSuggestion[] {
  return list(value).map((each) => {
    const { key, text: shown, url } = object(each, "suggestion");
    return { key: text(key), text: text(shown), url: text(url) };
  });
}

/** A page's absolute address, for a link: of the web, or of the scheme that the index has. @throws corrupt */
export function addressOf(url: string, base: string): URL {
  if (!URL.canParse(url, base)) throw corrupt("url");
  const address = new URL(url, base);
  const known = ["http:", "https:", new URL(base).protocol].includes(address.protocol);
  return require(known, address, "url");
}

export function corrupt(what: string, cause?: unknown): PagevecError {
  return new PagevecError(
    "corrupt",
    `the static index's ${what} is not what its format says; build it anew and publish all of it`,
    { cause },
  );
}

function require<T>(holds: boolean, value: T, what: string): T {
  if (!holds) throw corrupt(what);
  return value;
}

function object(value: unknown, what: string): Record<string, unknown> {
  const fits = typeof value === "object" && value !== null && !Array.isArray(value);
  return require(fits, value as Record<string, unknown>, what);
}

function list(value: unknown): unknown[] {
  return require(Array.isArray(value), value as unknown[], "list");
}

function text(value: unknown): string {
  return require(typeof value === "string", value as string, "text");
}

function count(value: unknown): number {
  return require(Number.isSafeInteger(value) && (value as number) >= 0, value as number, "count");
}

function positive(value: unknown): number {
  return require(Number.isFinite(value) && (value as number) >= 0, value as number, "number");
}

function entry(value: unknown): FileEntry {
  const [hash, bytes] = list(value);
  require(/^[0-9a-f]{16}$/.test(text(hash)), hash, "file's name");
  return [
    hash as string,
    require(count(bytes) <= MAX_FILE_BYTES, bytes as number, "file's length"),
  ];
}
