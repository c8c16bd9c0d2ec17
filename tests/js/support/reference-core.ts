import { createHash } from "node:crypto";
import {
  type CollectionHandle,
  type CoreModule,
  OPERATION,
  type Outcome,
  type PackedStrings,
  type RecordColumns,
  type RegexMatcher,
  type SnapshotReaderHandle,
  type SnapshotWriterHandle,
  WANT,
} from "../../../js/src/engine/module.js";
import { packStrings, unpackStrings } from "../../../js/src/engine/packed-strings.js";
import { STATUS_CODES } from "../../../js/src/errors.js";
import { predicateOf } from "./filters.js";
import { ReferenceProjection } from "./reference-projection.js";
import { diversityModel, fusionModel, keywordModel, settingsOf } from "./search-model.js";

/**
 * Chroma's rules in the plainest JavaScript: the slow twin of the wasm core behind the same face,
 * for tests of what stands above it. Journal records and snapshot parts are JSON.
 */
export function createReferenceCore(): CoreModule {
  return {
    createCollection: (space, _index, maxNeighbors) =>
      maxNeighbors > 128
        ? failed("invalid_argument", `max_neighbors must be 2 to 128, got ${maxNeighbors}`)
        : done(asHandle(new ReferenceCollection(space))),
    createSnapshotReader: () => new ReferenceReader(),
    crc32c: checksum,
    isSound: (block) => fromBytes(block) !== undefined,
    // The rest of the module is not used above the collections.
  } as Partial<CoreModule> as CoreModule;
}

interface Item {
  document: string | null;
  metadata: Record<string, unknown> | null;
  embedding: number[];
}

interface Batch {
  sequence: number;
  operation: number;
  ids: string[];
  documents: (string | null)[] | null;
  metadatas: (string | null)[] | null;
  embeddings: (number[] | null)[];
}

interface State {
  space: number;
  sequence: number;
  dimension: number;
  items: [string, Item][];
}

const done = <T>(value: T): Outcome<T> => ({ code: 0, message: "", value });
const failed = <T>(code: (typeof STATUS_CODES)[number], message: string): Outcome<T> => ({
  code: STATUS_CODES.indexOf(code),
  message,
  value: null as T,
});

const asHandle = (collection: ReferenceCollection) =>
  collection as Partial<CollectionHandle> as CollectionHandle;

/** Every stored block: a checksum, then JSON. */
function toBytes(value: unknown): Uint8Array {
  const json = new TextEncoder().encode(JSON.stringify(value));
  const bytes = new Uint8Array(4 + json.byteLength);
  bytes.set(json, 4);
  new DataView(bytes.buffer).setUint32(0, checksum(json));
  return bytes;
}

function fromBytes<T>(bytes: Uint8Array): T | undefined {
  if (bytes.byteLength < 4) return undefined;
  const json = bytes.subarray(4);
  const sum = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
  return sum === checksum(json) ? JSON.parse(new TextDecoder().decode(json)) : undefined;
}

function checksum(bytes: Uint8Array): number {
  return createHash("sha1").update(bytes).digest().readUInt32BE(0);
}

/** Without a graph: files of hnswlib are tested with the wasm core. */
class ReferenceCollection
  implements
    Omit<
      CollectionHandle,
      "linkAll" | "indexBytes" | "graph" | "adoptGraph" | "vectors" | "rowPlaces"
    >
{
  private items = new Map<string, Item>();
  private sequence = 0;
  private width = 0;
  private deleted = false;
  pending = 0;

  constructor(private readonly space: number) {}

  static restore({ space, sequence, dimension, items }: State): ReferenceCollection {
    const collection = new ReferenceCollection(space);
    collection.sequence = sequence;
    collection.width = dimension;
    collection.items = new Map(items);
    return collection;
  }

  prepare(
    operation: number,
    ids: PackedStrings,
    documents: PackedStrings | null,
    metadatas: PackedStrings | null,
    embedded: Uint8Array | null,
    embeddings: Float32Array,
    dimension: number,
  ): Outcome<Uint8Array> {
    this.assertAlive();
    const width = this.width || dimension;
    if (dimension !== 0 && dimension !== width) {
      return failed("dimension_mismatch", `got ${dimension} dimensions, expected ${width}`);
    }
    if (!embeddings.every(Number.isFinite)) return failed("not_finite", "a number is not finite");
    let next = 0;
    const names = unpackStrings(ids) as string[];
    const vectors = names.map((_, i) => {
      if (embeddings.length === 0 || embedded?.[i] === 0) return null;
      return [...embeddings.subarray(next * dimension, ++next * dimension)];
    });
    const complete = operation === OPERATION.add || operation === OPERATION.upsert;
    if (complete && vectors.includes(null))
      return failed("invalid_argument", "an embedding is missing");
    const batch: Batch = {
      sequence: this.sequence + 1,
      operation,
      ids: names,
      documents: documents && unpackStrings(documents),
      metadatas: metadatas && unpackStrings(metadatas),
      embeddings: vectors,
    };
    return done(toBytes(batch));
  }

  apply(record: Uint8Array): Outcome<number> {
    this.assertAlive();
    const batch = fromBytes<Batch>(record);
    if (!batch) return failed("corrupt", "the checksum of the record does not fit");
    for (const [i, id] of batch.ids.entries()) this.applyOne(batch, i, id);
    this.sequence = batch.sequence;
    this.pending += batch.ids.length;
    return done(batch.sequence);
  }

  private applyOne(batch: Batch, i: number, id: string): void {
    const { operation } = batch;
    const old = this.items.get(id);
    if (operation === OPERATION.delete) this.items.delete(id);
    if (operation === OPERATION.delete || (operation === OPERATION.add && old)) return;
    if (operation === OPERATION.update && !old) return;
    const item = old ?? { document: null, metadata: null, embedding: [] };
    const keepsDocument = operation === OPERATION.update;
    item.document = batch.documents?.[i] ?? (keepsDocument ? item.document : null);
    item.embedding = batch.embeddings[i] ?? item.embedding;
    const json = batch.metadatas?.[i];
    if (json) item.metadata = { ...item.metadata, ...JSON.parse(json) };
    this.width ||= item.embedding.length;
    this.items.set(id, item);
  }

  contains(ids: PackedStrings): Uint8Array {
    return Uint8Array.from(unpackStrings(ids), (id) => (this.items.has(id as string) ? 1 : 0));
  }

  count = () => this.items.size;
  dimension = () => this.width;
  lastSequence = () => this.sequence;
  pendingRows = () => this.pending;
  bytes = () => this.items.size * this.width * 4;

  cramped(): boolean {
    return false;
  }

  maintain(maxRows: number): number {
    this.assertAlive();
    this.pending = Math.max(0, this.pending - maxRows);
    return this.pending;
  }

  nearestTo(position: number, k: number): Outcome<Float32Array> {
    const all = [...this.items.values()];
    const from = all[position];
    if (!from) return failed("invalid_argument", `there is no record ${position}`);
    const distances = all
      .filter((item) => item !== from)
      .map((item) => distanceOf(this.space, from.embedding, item.embedding))
      .sort((a, b) => a - b);
    return done(Float32Array.from(distances.slice(0, k)));
  }

  project(ids: PackedStrings, components: number, sample: number) {
    const vectors = unpackStrings(ids).map((id) => this.items.get(id as string)?.embedding ?? []);
    return new ReferenceProjection(vectors, components, sample, this.space === 2);
  }

  get(
    ids: PackedStrings | null,
    where: string | null,
    whereDocument: string | null,
    regex: RegexMatcher | null,
    offset: number,
    limit: number,
    want: number,
  ) {
    this.assertAlive();
    const found = this.filtered(ids, where, whereDocument, regex);
    if (!found) return failed<never>("invalid_argument", "the filter is none");
    const kept = found.slice(offset, offset + limit).map(([id]) => id);
    return done(this.columns(kept, want));
  }

  /** The records that meet a filter; nothing when it is no filter. */
  private filtered(...filter: Parameters<typeof predicateOf>): [string, Item][] | undefined {
    try {
      const meets = predicateOf(...filter);
      return [...this.items].filter(([id, item]) => meets(id, item));
    } catch {
      return undefined;
    }
  }

  query(
    queries: Float32Array,
    dimension: number,
    k: number,
    _efSearch: number,
    ids: PackedStrings | null,
    where: string | null,
    whereDocument: string | null,
    regex: RegexMatcher | null,
    want: number,
  ) {
    this.assertAlive();
    if (this.width !== 0 && dimension !== this.width) {
      return failed<never>("dimension_mismatch", `got ${dimension}, expected ${this.width}`);
    }
    if (!queries.every(Number.isFinite)) {
      return failed<never>("not_finite", "a number of a query is not finite");
    }
    const found = this.filtered(ids, where, whereDocument, regex);
    if (!found) return failed<never>("invalid_argument", "the filter is none");
    const hits: { id: string; distance: number }[] = [];
    const counts: number[] = [];
    for (let begin = 0; begin < queries.length; begin += dimension) {
      const query = [...queries.subarray(begin, begin + dimension)];
      const near = found
        .map(([id, item]) => ({ id, distance: distanceOf(this.space, query, item.embedding) }))
        .sort((a, b) => a.distance - b.distance)
        .slice(0, k);
      hits.push(...near);
      counts.push(near.length);
    }
    const records = this.columns(
      hits.map(({ id }) => id),
      want,
    );
    const distances = Float32Array.from(hits, ({ distance }) => distance);
    return done({ counts: Uint32Array.from(counts), distances, records });
  }

  /** Without passages and matched terms. */
  search(
    vector: Float32Array,
    text: string | null,
    numbers: Float32Array,
    ids: PackedStrings | null,
    where: string | null,
    whereDocument: string | null,
    regex: RegexMatcher | null,
    want: number,
  ) {
    const settings = settingsOf(numbers);
    const { candidates = 0, limit = 0 } = settings;
    const filter = [ids, where, whereDocument, regex] as const;
    const near = this.query(vector, vector.length || this.width, candidates, 0, ...filter, want);
    if (near.code !== 0) return near as Outcome<never>;
    const nearIds = unpackStrings(near.value.records.ids) as string[];
    const byVector = nearIds.map((id, i) => ({ id, score: 1 - (near.value.distances[i] ?? 0) }));
    const all = [...this.items].map(([id, { document }]) => ({ id, document }));
    const among = new Set((this.filtered(...filter) ?? []).map(([id]) => id));
    const words = vector.length > 0 && settings.keywordWeight === 0 ? null : text;
    const byWords =
      words === null ? [] : keywordModel(all, among, words, settings).slice(0, candidates);
    const order = all.map(({ id }) => id);
    let hits = fusionModel(byVector, byWords, order, settings);
    if (words === null || vector.length === 0) {
      const single = words === null ? byVector : byWords;
      hits = single.map(({ id, score }, i) => ({
        id,
        score,
        parts: words === null ? [i + 1, score, 0, 0, 0, 0] : [0, 0, 0, i + 1, score, 0],
      }));
    }
    hits = hits.slice(0, limit);
    const records = this.columns(
      hits.map(({ id }) => id),
      want,
    );
    return done({
      records,
      scores: Float32Array.from(hits, ({ score }) => score),
      parts: Float32Array.from(hits.flatMap(({ parts }) => parts)),
      terms: packStrings([]),
      termNumbers: new Float32Array(0),
      passages: new Uint32Array(hits.length),
    });
  }

  buildKeywords(_maxRecords: number): number {
    this.assertAlive();
    return 0;
  }

  keywordBytes(): number {
    return 0;
  }

  wordsToStem(_query: string, _restart: boolean): PackedStrings {
    return packStrings([]);
  }

  addStems(_words: PackedStrings, _stems: PackedStrings): void {}

  diversify(ids: PackedStrings, relevance: Float32Array, lambda: number, limit: number) {
    const vectors = (unpackStrings(ids) as string[]).map(
      (id) => this.items.get(id)?.embedding ?? [],
    );
    return Uint32Array.from(diversityModel(vectors, [...relevance], lambda, limit));
  }

  differing(copy: CollectionHandle, from: number, limit: number, want: number) {
    this.assertAlive();
    const other = (copy as unknown as ReferenceCollection).items;
    const all = [...this.items];
    const ids: string[] = [];
    let next = from;
    for (; next < all.length && ids.length < limit; ++next) {
      const [id, { document }] = all[next] as [string, Item];
      if (other.get(id)?.document !== document) ids.push(id);
    }
    return { next: next < all.length ? next : 0xffffffff, records: this.columns(ids, want) };
  }

  takeRecords(source: CollectionHandle): Outcome<null> {
    this.assertAlive();
    const { items, sequence } = source as unknown as ReferenceCollection;
    const taken = [...items].map(
      ([id, item]) => [id, { ...item, embedding: this.items.get(id)?.embedding ?? [] }] as const,
    );
    if (taken.some(([, { embedding }]) => embedding.length === 0)) {
      return failed("invalid_argument", "a record has no vector here");
    }
    this.items = new Map(taken);
    this.sequence = sequence + 1;
    return done(null);
  }

  snapshot(_generation: number): SnapshotWriterHandle {
    this.assertAlive();
    const { space, sequence, width: dimension } = this;
    const json = JSON.stringify({ space, sequence, dimension, items: [...this.items] });
    const middle = json.length >> 1;
    const parts = [toBytes(json.slice(0, middle)), toBytes(json.slice(middle))];
    return {
      next: () => parts.shift() ?? null,
      keptFrom: () => -1,
      wanted: () => null,
      give: () => {},
      delete: () => {},
    };
  }

  /** Everything is in the heap, whatever the configuration says. */
  vectorsIn(): string {
    return "heap";
  }

  vectorPlaces(): Uint32Array {
    return new Uint32Array(0);
  }

  stored(): void {}

  delete(): void {
    this.assertAlive();
    this.deleted = true;
  }

  private columns(ids: string[], want: number): RecordColumns {
    const items = ids.map((id) => this.items.get(id) as Item);
    const json = (item: Item) => item.metadata && JSON.stringify(item.metadata);
    return {
      count: ids.length,
      ids: packStrings(ids),
      documents: want & WANT.documents ? packStrings(items.map(({ document }) => document)) : null,
      metadatas: want & WANT.metadatas ? packStrings(items.map(json)) : null,
      embeddings:
        want & WANT.embeddings
          ? Float32Array.from(items.flatMap(({ embedding }) => embedding))
          : null,
    };
  }

  /** As embind: a handle that was deleted throws. */
  private assertAlive(): void {
    if (this.deleted) throw new Error("the handle was deleted");
  }
}

class ReferenceReader implements SnapshotReaderHandle {
  private readonly parts: Uint8Array[] = [];

  feed(part: Uint8Array): Outcome<null> {
    this.parts.push(part);
    return done(null);
  }

  finish(): Outcome<CollectionHandle> {
    const texts = this.parts.map((part) => fromBytes<string>(part));
    if (texts.length !== 2 || texts.includes(undefined)) {
      return failed("corrupt", "the checksum of the snapshot does not fit");
    }
    return done(asHandle(ReferenceCollection.restore(JSON.parse(texts.join("")))));
  }

  /** Nothing in one piece of JSON can do without the rest. */
  finishWithoutGraph(): Outcome<CollectionHandle> {
    return this.finish();
  }

  delete(): void {}
}

function distanceOf(space: number, a: number[], b: number[]): number {
  const dot = (x: number[], y: number[]) => x.reduce((sum, v, i) => sum + v * (y[i] ?? 0), 0);
  if (space === 0) return a.reduce((sum, v, i) => sum + (v - (b[i] ?? 0)) ** 2, 0);
  if (space === 1) return 1 - dot(a, b);
  const norms = Math.sqrt(dot(a, a) * dot(b, b));
  return norms === 0 ? 1 : 1 - dot(a, b) / norms;
}
