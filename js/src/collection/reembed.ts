// Loaded with the first Collection.reembed().
import type {
  CollectionAddress,
  CollectionInfo,
  DatabaseMethods,
  Records,
} from "../database/methods.js";
import type { Engine } from "../engine/protocol.js";
import { type PagevecError, throwIfAborted } from "../errors.js";
import { withoutDocument } from "../storage/errors.js";
import type { CallOptions, EmbeddingFunction } from "../types.js";
import { checkEmbeddingFunction, checkSpace, storedForm } from "./configuration.js";
import { embedTexts } from "./embed.js";
import { invalid, type Vectors } from "./validate.js";

/** Records that are embedded and stored in one step: so much is done again after a reload, at most. */
const STEP = 256;
/** The same where a record may be a long document, whose passages are embedded with it. */
const DOCUMENT_STEP = 32;
/** Times the rest is embedded because of writes meanwhile: each time there is less of it. */
const ATTEMPTS = 50;

/** The collection that is moved. */
export interface ReembedTarget {
  engine: Engine<DatabaseMethods>;
  address: CollectionAddress;
  info: CollectionInfo;
  /**
   * How records become vectors, where it is not their documents alone.
   * @throws unsupported
   */
  embedderFor?(embeddingFunction: EmbeddingFunction): Promise<Embed>;
}

/** Records side by side. */
export type Texts = Pick<Records, "ids" | "documents" | "metadatas">;
/** What of records goes into the copy. */
export interface Embedded extends Pick<Texts, "ids" | "documents"> {
  vectors: Vectors;
}
export type Embed = (records: Texts, options: CallOptions) => Promise<Embedded>;

/** See Collection.reembed(). */
export async function reembed(
  target: ReembedTarget,
  embeddingFunction: EmbeddingFunction | null,
  resume: boolean,
  options: CallOptions,
): Promise<CollectionInfo> {
  const { engine, address, info } = target;
  if (embeddingFunction === null) {
    await engine.call("db.reembed.cancel", address, options);
    return info;
  }
  if (embeddingFunction === undefined) throw invalid("reembed needs an embedding function");
  checkEmbeddingFunction(embeddingFunction);
  checkSpace(info.configuration.hnsw.space, embeddingFunction);
  const embed = await (target.embedderFor?.(embeddingFunction) ??
    embedderFor(target, embeddingFunction));
  throwIfAborted(options.signal);
  const begin = { ...address, embeddingFunction: storedForm(embeddingFunction), resume };
  const copy = await engine.call("db.reembed.begin", begin, signalOf(options));
  for (let attempt = 1; ; ++attempt) {
    await fill(target, copy, embed, options);
    try {
      return await engine.call("db.reembed.finish", { ...address, copy }, options);
    } catch (cause) {
      const behind = (cause as PagevecError).code === "conflict";
      if (!behind || attempt === ATTEMPTS) throw cause;
    }
  }
}

/** Brings the copy up to what the collection is now. */
async function fill(
  { engine, address, info }: ReembedTarget,
  copy: string,
  embed: Embed,
  options: CallOptions,
): Promise<void> {
  const limit = info.configuration.chunking ? DOCUMENT_STEP : STEP;
  let all = 0;
  for (let from: number | null = 0; from !== null; ) {
    const page: DatabaseMethods["db.reembed.differing"]["result"] = await engine.call(
      "db.reembed.differing",
      { ...address, copy, from, limit },
      signalOf(options),
    );
    const { records, done, total } = page;
    from = page.next;
    all = total;
    options.onProgress?.({ stage: "reembed", done, total });
    if (records.ids.length === 0) continue;
    checkDocuments(records);
    const { ids, documents, vectors } = await embed(records, signalOf(options));
    await engine.call(
      "db.collection.write",
      {
        database: address.database,
        collection: copy,
        operation: "upsert",
        ids,
        documents,
        metadatas: null,
        embedded: null,
        embeddings: vectors.data,
        dimension: vectors.dimension,
      },
      signalOf(options),
    );
  }
  options.onProgress?.({ stage: "reembed", done: all, total: all });
}

/** Of what was written since the engine looked at all of them. */
function checkDocuments({ ids, documents }: Records): void {
  const i = documents?.indexOf(null) ?? -1;
  if (i !== -1) throw withoutDocument(ids[i] as string);
}

/** Progress is told in records. */
function signalOf({ signal }: CallOptions): CallOptions {
  return signal ? { signal } : {};
}

/** @throws unsupported */
async function embedderFor(
  { engine, address, info }: ReembedTarget,
  embeddingFunction: EmbeddingFunction,
): Promise<Embed> {
  const { chunking, vectorizer } = info.configuration;
  if (chunking) {
    const { embedPassages } = await import("./chunks/chunk-writes.js");
    return (records, options) =>
      embedPassages({ engine, address }, embeddingFunction, records, options);
  }
  if (!vectorizer) {
    return async ({ ids, documents }, options) => {
      const texts = (documents ?? []) as string[];
      return {
        ids,
        documents,
        vectors: await embedTexts(embeddingFunction, texts, "documents", options),
      };
    };
  }
  const { checkTextsOnly, embedStored } = await import("./objects/object-writes.js");
  checkTextsOnly(info.name, vectorizer);
  return async (records, options) => ({
    ...records,
    vectors: await embedStored(embeddingFunction, records, vectorizer, options),
  });
}
