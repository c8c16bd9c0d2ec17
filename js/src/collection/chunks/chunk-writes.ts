import type { Records } from "../../database/methods.js";
import { type Chunk, chunk } from "../../embedding/chunk.js";
import { nextTurn } from "../../engine/turns.js";
import { throwIfAborted } from "../../errors.js";
import type { StoredChunking, TokenCounter } from "../../types/chunking.js";
import type { CallOptions, EmbeddingFunction } from "../../types.js";
import type { Batch, WriteOperation } from "../batch.js";
import { embedTexts } from "../embed.js";
import { flattenVectors, invalid, shown, type Vectors } from "../validate.js";
import {
  type Marks,
  marksOf,
  mean,
  partId,
  type RecordSource,
  readParts,
  withMarks,
} from "./chunk-records.js";

/** The collection that documents are written to. */
export interface ChunkTarget extends RecordSource {
  chunking: StoredChunking;
  /** Whether vectors can be read back. */
  keepVectors: boolean;
  /** @throws invalid_argument when the collection was opened without a function */
  embedder(): EmbeddingFunction;
  /** @throws invalid_argument when nothing counts tokens */
  tokenizer(options: CallOptions): Promise<TokenCounter>;
  write(
    operation: WriteOperation | "delete",
    batch: Batch,
    embeddings: Vectors | null,
    embedded: Uint8Array | null,
    options: CallOptions,
  ): Promise<void>;
}

interface Stored {
  document: string | null;
  kind: Marks["#kind"];
}

/** What will be written of one document. */
interface Draft {
  id: string;
  stored: Stored | undefined;
  /** JSON. */
  metadata: string | null;
  document: string | null;
  /** The text or the embedding is new: parts and vectors are made again. */
  fresh: boolean;
  /** Empty: it is one record. */
  parts: Chunk[];
  /** The caller's, or the one it has. */
  vector: Float32Array | undefined;
}

const ONLY_IDS = { documents: false, metadatas: false, embeddings: false };

/** Writes documents as one batch, then removes the passages that they no longer have. */
export async function writeDocuments(
  target: ChunkTarget,
  operation: WriteOperation,
  batch: Batch,
  options: CallOptions,
): Promise<void> {
  throwIfAborted(options.signal);
  const stored = await readStored(target, batch.ids, options);
  const drafts = draftsOf(operation, batch, stored);
  const fresh = drafts.filter((draft) => draft.fresh);
  if (fresh.length === 0) return writeMetadata(target, drafts, options);
  // An upsert brings a vector for each record, also where only the metadata changes.
  const kept = drafts.filter((draft) => !draft.fresh && draft.metadata !== null);
  await takeVectors(target, kept, options);
  const changing = [...kept, ...fresh];
  await cut(target, changing, options);
  const before = changing.filter(({ stored, fresh }) => fresh && stored?.kind).map(({ id }) => id);
  const columns = { documents: true, metadatas: false, embeddings: target.keepVectors };
  const old = await readParts(target, before, columns, options);
  await writeRecords(target, changing, await vectorsFor(target, changing, old, options), options);
  await removeSurplus(target, changing, old.ids);
}

async function readStored(
  { engine, address }: ChunkTarget,
  ids: string[],
  options: CallOptions,
): Promise<Map<string, Stored>> {
  const wanted = { documents: true, metadatas: true, embeddings: false };
  const filter = { ids, where: null, whereDocument: null };
  const call = { ...address, ...filter, offset: 0, limit: null, wanted };
  const { documents, metadatas, ...records } = await engine.call(
    "db.collection.get",
    call,
    options,
  );
  return new Map(
    records.ids.map((id, i) => {
      const kind = marksOf(metadatas?.[i])["#kind"];
      return [id, { document: documents?.[i] ?? null, kind }];
    }),
  );
}

function draftsOf(
  operation: WriteOperation,
  { ids, documents, metadatas, embeddings }: Batch,
  known: Map<string, Stored>,
): Draft[] {
  const drafts: Draft[] = [];
  for (const [i, id] of ids.entries()) {
    const stored = known.get(id);
    if (operation === "add" ? stored : operation === "update" && !stored) continue;
    const dimension = embeddings?.dimension ?? 0;
    const vector = embeddings?.data.subarray(i * dimension, (i + 1) * dimension);
    const given = documents?.[i] ?? null;
    const same = given === stored?.document && stored?.kind !== "own";
    const fresh = vector !== undefined || (given !== null && !same);
    const metadata = metadatas?.[i] ?? null;
    const document = given ?? stored?.document ?? null;
    drafts.push({ id, stored, metadata, document, fresh, parts: [], vector });
  }
  return drafts;
}

/** Where texts stay as they are. */
async function writeMetadata(
  target: ChunkTarget,
  drafts: Draft[],
  options: CallOptions,
): Promise<void> {
  const changed = drafts.filter(({ metadata }) => metadata !== null);
  const batch = {
    ids: changed.map(({ id }) => id),
    documents: null,
    metadatas: changed.map(({ metadata }) => metadata),
    embeddings: null,
  };
  await target.write("update", batch, null, null, options);
}

/** For documents whose text stays: the vectors that they have, or new ones where these are not kept. */
async function takeVectors(
  { engine, address, keepVectors }: ChunkTarget,
  kept: Draft[],
  options: CallOptions,
): Promise<void> {
  if (kept.length === 0) return;
  if (!keepVectors) {
    const own = kept.find(({ stored }) => stored?.kind === "own");
    if (own) {
      throw invalid(
        `${shown(own.id)} has an embedding of yours, and this collection keeps no vectors; give it again, or change the others in another call`,
      );
    }
    for (const draft of kept) draft.fresh = true;
    return;
  }
  const filter = { ids: kept.map(({ id }) => id), where: null, whereDocument: null };
  const wanted = { ...ONLY_IDS, embeddings: true };
  const call = { ...address, ...filter, offset: 0, limit: null, wanted };
  const { ids, embeddings, dimension } = await engine.call("db.collection.get", call, options);
  const places = new Map(ids.map((id, place) => [id, place * dimension]));
  for (const draft of kept) {
    const at = places.get(draft.id) ?? 0;
    draft.vector = embeddings?.subarray(at, at + dimension);
  }
}

/** Cuts the new documents that are too long. Those with an embedding stay whole. */
async function cut(target: ChunkTarget, drafts: Draft[], options: CallOptions): Promise<void> {
  const texts = drafts.filter(({ fresh, vector }) => fresh && !vector);
  if (texts.length === 0) return;
  const counter = await target.tokenizer(options);
  const { maxTokens } = target.chunking;
  const tokenizer = { count: (text: string) => counter.count(text), maxTokens };
  for (const draft of texts) {
    const document = draft.document ?? "";
    if (counter.count(document) <= maxTokens) continue;
    const parts = chunk(document, { ...target.chunking, tokenizer });
    if (parts.length > 1) draft.parts = parts;
    await nextTurn();
    throwIfAborted(options.signal);
  }
}

/** The vector of every text that needs one: the same text of the same document has it already. */
async function vectorsFor(
  target: ChunkTarget,
  drafts: Draft[],
  { ids, documents, embeddings, dimension }: Records,
  options: CallOptions,
): Promise<Map<string, Float32Array>> {
  const vectors = new Map<string, Float32Array>();
  for (const i of ids.keys()) {
    const text = documents?.[i];
    if (typeof text !== "string" || !embeddings) continue;
    vectors.set(text, embeddings.subarray(i * dimension, (i + 1) * dimension));
  }
  const texts = drafts.filter(({ vector }) => !vector).flatMap(textsOf);
  const fresh = [...new Set(texts)].filter((text) => !vectors.has(text));
  if (fresh.length === 0) return vectors;
  const made = await embedTexts(target.embedder(), fresh, "documents", options);
  for (const [i, text] of fresh.entries()) {
    vectors.set(text, made.data.subarray(i * made.dimension, (i + 1) * made.dimension));
  }
  return vectors;
}

function textsOf({ parts, document }: Draft): string[] {
  return parts.length > 0 ? parts.map(({ text }) => text) : [document ?? ""];
}

async function writeRecords(
  target: ChunkTarget,
  drafts: Draft[],
  vectors: Map<string, Float32Array>,
  options: CallOptions,
): Promise<void> {
  const batch = {
    ids: [] as string[],
    documents: [] as (string | null)[],
    metadatas: [] as (string | null)[],
    embeddings: null,
  };
  const embeddings: Float32Array[] = [];
  const put = (id: string, text: string | null, metadata: string | null, vector: Float32Array) => {
    batch.ids.push(id);
    batch.documents.push(text);
    batch.metadatas.push(metadata);
    embeddings.push(vector);
  };
  for (const draft of drafts) {
    const { id, document, parts } = draft;
    const own = textsOf(draft).map((text) => vectors.get(text) as Float32Array);
    put(id, document, metadataOf(draft), draft.vector ?? mean(own));
    for (const [number, { text, begin, end }] of parts.entries()) {
      const marks: Marks = { "#kind": "part", "#of": id, "#begin": begin, "#end": end };
      put(partId(id, number), text, withMarks(null, marks), own[number] as Float32Array);
    }
  }
  await target.write("upsert", batch, flattenVectors(embeddings, "embeddings"), null, options);
}

/** A mark stays until it is written over: metadata is merged. */
function metadataOf({ metadata, fresh, parts, stored, vector }: Draft): string | null {
  if (!fresh) return metadata;
  if (vector) return withMarks(metadata, { "#kind": "own" });
  if (parts.length > 0) return withMarks(metadata, { "#kind": "whole" });
  return stored?.kind ? withMarks(metadata, { "#kind": "single" }) : metadata;
}

/**
 * Passages that the documents no longer have. The change stands by now and no search shows what the
 * text does not have, so a failure is none of the caller's: the document's next change removes them.
 */
async function removeSurplus(
  target: ChunkTarget,
  drafts: Draft[],
  old: readonly string[],
): Promise<void> {
  const current = new Set(drafts.flatMap(({ id, parts }) => parts.map((_, i) => partId(id, i))));
  const ids = old.filter((id) => !current.has(id));
  const batch = { ids, documents: null, metadatas: null, embeddings: null };
  await target.write("delete", batch, null, null, {}).catch(() => {});
}

/**
 * New vectors of records as they are stored, of documents that were cut together with all their
 * passages, which are in the answer too.
 */
export async function embedPassages(
  source: RecordSource,
  embeddingFunction: EmbeddingFunction,
  { ids, documents, metadatas }: Pick<Records, "ids" | "documents" | "metadatas">,
  options: CallOptions,
) {
  const columns = { documents: true, metadatas: true, embeddings: false };
  const cutIds = ids.filter((_, i) => marksOf(metadatas?.[i])["#kind"] === "whole");
  const parts = await readParts(source, cutIds, columns, options);
  const partsOf = new Map<string, number[]>();
  for (const [i, metadata] of (parts.metadatas ?? []).entries()) {
    const id = marksOf(metadata)["#of"] ?? "";
    partsOf.set(id, [...(partsOf.get(id) ?? []), i]);
  }
  const textOf = new Map(ids.map((id, i) => [id, documents?.[i] ?? ""]));
  for (const id of partsOf.keys()) textOf.delete(id);
  for (const [i, id] of parts.ids.entries()) textOf.set(id, parts.documents?.[i] ?? "");
  const texts = [...textOf.values()];
  const { data, dimension } = await embedTexts(embeddingFunction, texts, "documents", options);
  const vectors = texts.map((_, i) => data.subarray(i * dimension, (i + 1) * dimension));
  const vectorOf = new Map([...textOf.keys()].map((id, i) => [id, vectors[i] as Float32Array]));
  for (const [id, numbers] of partsOf) {
    textOf.set(id, documents?.[ids.indexOf(id)] ?? "");
    const own = numbers.map((i) => vectorOf.get(parts.ids[i] as string) as Float32Array);
    vectorOf.set(id, mean(own));
  }
  return {
    ids: [...textOf.keys()],
    documents: [...textOf.values()],
    vectors: flattenVectors([...vectorOf.values()], "embeddings"),
  };
}
