import type { GetParams, Metadata, Space, Where } from "../../js/src/types.js";
import { uniform } from "../support/mulberry32.mjs";
import { refusals } from "./chroma-refusals.js";

/** A call of a collection. */
export interface Operation {
  op: "add" | "upsert" | "update" | "delete" | "get" | "peek" | "query" | "count" | "modify";
  // biome-ignore lint/suspicious/noExplicitAny: arguments of any operation, wrong ones among them
  args: any;
}

/** What happens to one collection from its first call to its last. */
export interface Sequence {
  space: Space;
  dimension: number;
  /** Whether documents can be embedded. */
  embeds: boolean;
  operations: Operation[];
}

type Json = Record<string, unknown>;

const SPACES: Space[] = ["l2", "cosine", "ip"];
const IDS = Array.from({ length: 14 }, (_, i) => `id${i}`).concat(["é", "a b", "日本"]);
const WORDS = 'tea Tea teapot green black water épice köln 日本 x1 50% a_b end. (q) "c" o\'k'.split(
  " ",
);
const PIECES = [
  "tea",
  "Tea",
  "e",
  "",
  "é",
  "日",
  "50%",
  "_",
  "t g",
  "(q",
  '"c"',
  "'",
  "zzz",
  "green tea",
];
/** Patterns that mean the same to RegExp and to Rust's regex, which Chroma has. */
const PATTERNS = [
  "^tea",
  "water$",
  "t.a",
  "[a-c]",
  "\\d+",
  "x1|köln",
  "(green|black) ",
  "e{2}",
  "\\(q\\)",
  "zzz",
  "^$",
];
/** Metadata keys by the type of their values; "any" has values of several types. */
const KEYS = ["n", "f", "s", "b", "any", "tags", "counts", "flags"];
const TAGS = ["x", "y", "z", "tea"];

/** One collection's calls: writes and reads in turn, one in eight of them wrong. */
export function randomSequence(seed: number): Sequence {
  return new RandomOperations(seed).sequence();
}

/** Records of all kinds of metadata and documents, and filters for them. */
export function randomFilters(seed: number, records: number, filters: number) {
  const random = new RandomOperations(seed);
  const list = <T>(length: number, make: (i: number) => T) =>
    Array.from({ length }, (_, i) => make(i));
  return {
    records: list(records, (i) => random.record(`record ${i}`)),
    filters: list(filters, () => random.someFilters()),
  };
}

class RandomOperations {
  private readonly random: () => number;
  private readonly dimension: number;
  private readonly embeds: boolean;

  constructor(seed: number) {
    this.random = uniform(seed);
    this.dimension = this.from(1, 6);
    this.embeds = this.chance(0.3);
  }

  sequence(): Sequence {
    const { dimension, embeds } = this;
    const space = this.one(SPACES);
    const operations: Operation[] = [this.write("add")];
    const length = this.from(4, 16);
    while (operations.length < length) {
      operations.push(this.chance(0.12) ? this.wrong() : this.operation());
    }
    const all = { include: ["documents", "metadatas", "embeddings"] };
    operations.push({ op: "get", args: all }, { op: "count", args: undefined });
    operations.push({ op: "query", args: { ...this.queries(), nResults: 100 } });
    return { space, dimension, embeds, operations };
  }

  private operation(): Operation {
    const kind = this.random();
    if (kind < 0.1) return this.write("add");
    if (kind < 0.25) return this.write("upsert");
    if (kind < 0.35) return this.update();
    if (kind < 0.43) return this.delete();
    if (kind < 0.63) return { op: "get", args: this.getArguments() };
    if (kind < 0.66)
      return { op: "peek", args: this.chance(0.5) ? {} : { limit: this.from(0, 6) } };
    if (kind < 0.94) return { op: "query", args: this.queryArguments() };
    if (kind < 0.97) return { op: "count", args: undefined };
    return {
      op: "modify",
      args: this.chance(0.5) ? { metadata: this.plainMetadata() } : { name: this.name() },
    };
  }

  /** One in eight has no metadata, and one in eight no document. */
  record(id: string) {
    const metadata = this.chance(0.125) ? null : (this.metadata() as Metadata);
    const document = this.chance(0.125) ? null : this.document();
    return { id, metadata, document, embedding: this.vector() };
  }

  /** One at least. */
  someFilters(): Pick<GetParams, "where" | "whereDocument"> {
    const filters = this.filters();
    return Object.keys(filters).length > 0 ? filters : { where: this.where(3) as Where };
  }

  private write(op: "add" | "upsert"): Operation {
    const ids = this.some(IDS, this.from(1, 6));
    const embedded = !this.embeds || this.chance(0.5);
    return {
      op,
      args: {
        ids,
        ...(embedded ? { embeddings: ids.map(() => this.vector()) } : {}),
        ...(!embedded || this.chance(0.7) ? { documents: ids.map(() => this.document()) } : {}),
        ...(this.chance(0.7) ? { metadatas: ids.map(() => this.metadataOrNull()) } : {}),
      },
    };
  }

  private update(): Operation {
    const ids = this.some(IDS, this.from(1, 4));
    const documents = this.embeds && this.chance(0.5);
    const embeddings = !documents && this.chance(0.5);
    return {
      op: "update",
      args: {
        ids,
        ...(embeddings ? { embeddings: ids.map(() => this.vector()) } : {}),
        ...(documents || (embeddings && this.chance(0.5))
          ? { documents: ids.map(() => this.document()) }
          : {}),
        ...(this.chance(0.7) ? { metadatas: ids.map(() => this.metadataOrNull()) } : {}),
      },
    };
  }

  private delete(): Operation {
    const args: Json = this.chance(0.5) ? { ids: this.some(IDS, this.from(1, 4)) } : this.filters();
    if (args.ids === undefined && Object.keys(args).length > 0 && this.chance(0.3)) {
      args.limit = this.from(0, 4);
    }
    return { op: "delete", args };
  }

  private getArguments(): Json {
    return {
      // As good as absent.
      ...(this.chance(0.1) ? { ids: null, where: null, whereDocument: null, limit: null } : {}),
      ...(this.chance(0.3) ? { ids: this.some(IDS, this.from(1, 8)) } : {}),
      ...this.filters(),
      ...(this.chance(0.3) ? { limit: this.from(0, 6) } : {}),
      ...(this.chance(0.3) ? { offset: this.from(0, 6) } : {}),
      ...(this.chance(0.5)
        ? { include: this.some(["documents", "metadatas", "embeddings"], this.from(0, 3)) }
        : {}),
    };
  }

  private queryArguments(): Json {
    const columns = ["documents", "metadatas", "embeddings", "distances"];
    return {
      ...this.queries(),
      ...(this.chance(0.15) ? { ids: this.some(IDS, this.from(3, 12)) } : {}),
      ...this.filters(),
      // Not 0: Chroma's server breaks off the connection when records were deleted before.
      ...(this.chance(0.8) ? { nResults: this.from(1, 8) } : {}),
      ...(this.chance(0.3) ? { include: this.some(columns, this.from(0, 4)) } : {}),
    };
  }

  private queries(): Json {
    const count = this.from(1, 3);
    const list = <T>(make: () => T) => Array.from({ length: count }, make);
    const byText = this.embeds && this.chance(0.5);
    return {
      ...(byText ? { queryTexts: list(() => this.document()) } : {}),
      ...(!byText || this.chance(0.1) ? { queryEmbeddings: list(() => this.vector()) } : {}),
    };
  }

  private filters(): Json {
    return {
      ...(this.chance(0.5) ? { where: this.where(2) } : {}),
      ...(this.chance(0.25) ? { whereDocument: this.whereDocument(2) } : {}),
    };
  }

  where(depth: number): Json {
    if (depth > 0 && this.chance(0.3)) {
      const parts = Array.from({ length: this.from(2, 3) }, () => this.where(depth - 1));
      return { [this.one(["$and", "$or"])]: parts };
    }
    const key = this.one([...KEYS, "missing"]);
    const operator = this.one([
      "",
      "$eq",
      "$ne",
      "$gt",
      "$gte",
      "$lt",
      "$lte",
      "$in",
      "$nin",
      "$contains",
      "$not_contains",
    ]);
    if (operator.includes("contains")) return { [key]: { [operator]: this.item(key) } };
    if (/\$[gl]t/.test(operator)) return { [key]: { [operator]: this.number(key) } };
    if (operator.endsWith("in")) {
      const first = this.scalar(key);
      const more = Array.from({ length: this.from(0, 3) }, () => this.scalar(key));
      return { [key]: { [operator]: [first, ...more.filter((value) => sameType(value, first))] } };
    }
    return { [key]: operator === "" ? this.scalar(key) : { [operator]: this.scalar(key) } };
  }

  whereDocument(depth: number): Json {
    if (depth > 0 && this.chance(0.3)) {
      const parts = Array.from({ length: this.from(2, 3) }, () => this.whereDocument(depth - 1));
      return { [this.one(["$and", "$or"])]: parts };
    }
    const operator = this.one(["$contains", "$not_contains", "$regex", "$not_regex"]);
    return { [operator]: this.one(operator.includes("regex") ? PATTERNS : PIECES) };
  }

  private wrong(): Operation {
    const good = this.write(this.one(["add", "upsert"]));
    return this.one(refusals(good, this.vector(), <T>(list: readonly T[]) => this.one(list)));
  }

  private name(): string {
    return `renamed-${Math.floor(this.random() * 1e12)}`;
  }

  /** Rarely zeros, which cosine has a rule for. */
  private vector(): number[] {
    if (this.chance(0.02)) return Array.from({ length: this.dimension }, () => 0);
    return Array.from({ length: this.dimension }, () => Math.fround(4 * this.random() - 2));
  }

  private document(): string {
    return this.chance(0.03)
      ? ""
      : Array.from({ length: this.from(1, 6) }, () => this.one(WORDS)).join(" ");
  }

  /** An update with null leaves the metadata as it is. */
  private metadataOrNull(): Json | null {
    if (this.chance(0.15)) return null;
    return this.chance(0.05) ? { n: null } : this.metadata();
  }

  private metadata(): Json {
    const keys = this.some(KEYS, this.from(1, 4));
    return Object.fromEntries(keys.map((key) => [key, this.value(key)]));
  }

  /** Of a collection: over lists in it Chroma's server breaks off the connection. */
  private plainMetadata(): Json {
    const keys = this.some(KEYS.slice(0, -3), this.from(1, 4));
    return Object.fromEntries(keys.map((key) => [key, this.scalar(key)]));
  }

  private value(key: string): unknown {
    if (!["tags", "counts", "flags"].includes(key)) return this.scalar(key);
    return Array.from({ length: this.from(1, 3) }, () => this.item(key));
  }

  private scalar(key: string): string | number | boolean {
    if (key === "n" || key === "f") return this.number(key);
    if (key === "s" || key === "tags") return this.one(TAGS);
    if (key === "b" || key === "flags") return this.chance(0.5);
    return this.one<string | number | boolean>([1, 2.5, "1", "x", true, false, 0, ""]);
  }

  private number(key: string): number {
    return key === "f" ? this.from(-8, 8) + 0.5 : this.from(-3, 9);
  }

  /** An item of a list. Numbers are whole: of a list with both Chroma makes floats, which no whole one equals. */
  private item(key: string): string | number | boolean {
    if (key === "counts") return this.from(0, 4);
    if (key === "flags") return this.chance(0.5);
    return this.one(TAGS);
  }

  private chance(probability: number): boolean {
    return this.random() < probability;
  }

  private from(least: number, most: number): number {
    return least + Math.floor(this.random() * (most - least + 1));
  }

  private one<T>(list: readonly T[]): T {
    return list[Math.floor(this.random() * list.length)] as T;
  }

  private some<T>(list: readonly T[], count: number): T[] {
    const left = [...list];
    return Array.from(
      { length: count },
      () => left.splice(Math.floor(this.random() * left.length), 1)[0] as T,
    );
  }
}

/** In a list of Chroma's server 1 and 1.5 are of two types; here they are of one. */
function sameType(left: unknown, right: unknown): boolean {
  return typeof left === typeof right && Number.isInteger(left) === Number.isInteger(right);
}
