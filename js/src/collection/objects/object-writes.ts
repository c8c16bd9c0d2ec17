import type { Records } from "../../database/methods.js";
import { PagevecError, throwIfAborted } from "../../errors.js";
import { inTurn } from "../../storage/turns.js";
import type { VectorizerSettings } from "../../types/vectorizer.js";
import type {
  CallOptions,
  EmbeddingFunction,
  FilterParams,
  GetParams,
  Metadata,
  Vector,
} from "../../types.js";
import { type CollectedMedia, collectMedia } from "../../vectorize/media.js";
import { isMultiModal } from "../../vectorize/settings.js";
import { assembleText } from "../../vectorize/text.js";
import type { WriteOperation } from "../batch.js";
import { embedTexts } from "../embed.js";
import { toRecordFilter } from "../filter.js";
import { metadataToJson } from "../metadata.js";
import {
  checkCount,
  checkIds,
  checkParams,
  checkUnique,
  flattenVectors,
  invalid,
  shown,
  type Vectors,
  wellFormed,
} from "../validate.js";
import { isUnstoredFile, type Properties, toMetadata, toProperties } from "./object-properties.js";
import type { ObjectRecord, ObjectTarget, StoredObject } from "./object-types.js";

/** A record of the collection, as far as objects need it. */
export interface Stored {
  document: string | null;
  metadata: Metadata | null;
  embedding: Float32Array | undefined;
}

/** What a vector is made of. */
export interface Material {
  /** Of collections with fields of media. */
  media: CollectedMedia | undefined;
  text: string;
  title: string;
  /** Title and text; null: none. */
  document: string | null;
}

/** A vector of an object, made or to be made. */
export interface VectorDraft extends Material {
  /** Whether it has to be made (again). */
  stale: boolean;
  embedding: Vector | undefined;
}

/** What will be written of one object. */
interface Draft extends VectorDraft {
  id: string;
  exists: boolean;
  /** JSON. */
  metadata: string | null;
  /** Why its vector cannot be made. */
  problem: string | undefined;
}

/** See Objects. */
export async function writeObjects(
  target: ObjectTarget,
  operation: WriteOperation,
  objects: readonly ObjectRecord[],
  options: CallOptions,
): Promise<void> {
  const settings = vectorizerOf(target);
  const copies = checkObjects(objects);
  await inTurn(target.address.collection, () =>
    writeNow(target, settings, operation, copies, options),
  );
}

/** @throws invalid_argument for a collection that is not one of objects */
export function vectorizerOf({ name, configuration }: ObjectTarget): VectorizerSettings {
  if (configuration.vectorizer) return configuration.vectorizer;
  throw invalid(
    `collection "${name}" was made without a vectorizer, so it holds no objects; make it with vectorizer: {}`,
  );
}

export function checkObjects(objects: unknown): ObjectRecord[] {
  if (!Array.isArray(objects)) throw invalid(`objects must be a list, got ${shown(objects)}`);
  checkUnique(
    checkIds(
      objects.map((object) => object?.id),
      false,
    ),
  );
  return objects.map(({ id, properties, embedding, embeddings }, i) => {
    if (typeof properties === "object" && properties !== null && !Array.isArray(properties)) {
      const own = { ...(embedding && { embedding }), ...(embeddings && { embeddings }) };
      return { id, properties: { ...properties }, ...own };
    }
    throw invalid(`objects[${i}].properties must be an object, got ${shown(properties)}`);
  });
}

async function writeNow(
  target: ObjectTarget,
  settings: VectorizerSettings,
  operation: WriteOperation,
  objects: ObjectRecord[],
  options: CallOptions,
): Promise<void> {
  throwIfAborted(options.signal);
  const ids = objects.map(({ id }) => id);
  const stored = await readObjects(target, { ids }, false, options);
  const drafts: Draft[] = [];
  for (const [i, object] of objects.entries()) {
    const found = stored.get(object.id);
    if (operation === "add" ? found : operation === "update" && !found) continue;
    drafts.push(await draftOf(object, found, settings, `objects[${i}]`));
  }
  if (drafts.length === 0) return;
  // An update may leave vectors as they are; what may add records carries one for each.
  const merely = drafts.every(({ exists }) => exists);
  if (!merely) await takeVectors(target, drafts, options);
  await makeVectors(() => target.embedder(), drafts, settings, options);
  await write(target, merely ? "update" : operation, drafts, options);
}

async function draftOf(
  object: ObjectRecord,
  stored: Stored | undefined,
  settings: VectorizerSettings,
  place: string,
): Promise<Draft> {
  const { id, embedding } = object;
  const properties = wellFormedTexts(object.properties);
  const metadata = await toMetadata(properties, settings, place);
  const known = stored ? toProperties(stored.metadata, settings) : {};
  const given = Object.entries(properties).filter(([name]) => metadata[name] !== undefined);
  const whole: Properties = { ...known, ...Object.fromEntries(given) };
  const material = materialOf(whole, settings);
  const { media, document } = material;
  const isKnown = (name: string) =>
    metadata[name] === undefined || metadata[name] === stored?.metadata?.[name];
  const same = stored?.document === document && filesOf(media).every(isKnown);
  const draft = { ...material, id, metadata: json(metadata, place), embedding };
  const stale = embedding === undefined && !(stored && same);
  const why = problemOf(draft, whole);
  const problem = why && `${place} (${shown(id)}) ${why}`;
  if (stale && problem) throw invalid(problem);
  return { ...draft, exists: stored !== undefined, stale, problem };
}

export function materialOf(properties: Properties, settings: VectorizerSettings): Material {
  const media = isMultiModal(settings) ? collectMedia(properties, settings) : undefined;
  const { text, title } = media
    ? ownTexts(media)
    : assembleText(withoutFiles(properties), settings);
  const document = [title, text].filter((part) => part !== "").join(" ") || null;
  return { media, text, title, document };
}

/** The fields that a multi-modal model is given, but for texts. */
export function filesOf(media: CollectedMedia | undefined): string[] {
  const { texts: _, ...files } = media?.fields ?? {};
  return Object.values(files).flat();
}

/** A file is none of an object's text, nor is its hash. */
function withoutFiles(properties: Properties): Properties {
  return Object.fromEntries(
    Object.entries(properties).filter(([, value]) => !isUnstoredFile(value)),
  );
}

/** The texts that a multi-modal model is given, as one. */
function ownTexts({ inputs }: CollectedMedia) {
  return { text: (inputs.texts ?? []).join(" "), title: "" };
}

export function json(metadata: Metadata, place: string): string | null {
  return Object.keys(metadata).length === 0
    ? null
    : metadataToJson(metadata, `${place}.properties`);
}

export function wellFormedTexts(properties: Properties): Properties {
  const entries = Object.entries(properties).map(([name, value]) => [
    name,
    typeof value === "string" ? wellFormed(value) : value,
  ]);
  return Object.fromEntries(entries);
}

export function isEmpty({ document, media }: Material): boolean {
  return media ? media.count === 0 : document === null;
}

/** Why no vector can be made, if so. */
export function problemOf(material: Material, whole: Properties): string | undefined {
  const { media } = material;
  if (isEmpty(material)) {
    return `has no ${media ? "media" : "text"} to make a vector of; give it an embedding, or a value in one of the properties that are vectorized`;
  }
  const name = filesOf(media).find((field) => isUnstoredFile(whole[field]));
  return name && `needs a new vector, and the file in ${name} is not stored; give it again`;
}

/** For objects whose text stayed: the vectors that they have. */
async function takeVectors(
  target: ObjectTarget,
  drafts: Draft[],
  options: CallOptions,
): Promise<void> {
  const kept = drafts.filter(({ exists, stale, embedding }) => exists && !stale && !embedding);
  if (kept.length === 0) return;
  if (target.configuration.keepVectors === false) {
    for (const draft of kept) {
      if (draft.problem) throw invalid(draft.problem);
      draft.stale = true;
    }
    return;
  }
  const stored = await readObjects(target, { ids: kept.map(({ id }) => id) }, true, options);
  for (const draft of kept) draft.embedding = stored.get(draft.id)?.embedding;
}

/** Makes the vectors of those that are stale, all at once. */
export async function makeVectors(
  embedderOf: () => EmbeddingFunction,
  drafts: VectorDraft[],
  settings: VectorizerSettings,
  options: CallOptions,
): Promise<void> {
  const stale = drafts.filter((draft) => draft.stale);
  if (stale.length === 0) return;
  const embedder = embedderOf();
  if (isMultiModal(settings)) {
    const media = stale.map((draft) => draft.media as CollectedMedia);
    const { embedObjects } = await import("./embed-media.js");
    const vectors = await embedObjects(embedder, media, settings, options);
    for (const [i, draft] of stale.entries()) draft.embedding = vectors[i];
    return;
  }
  const { data, dimension } = await embedAssembled(embedder, stale, settings, options);
  for (const [i, draft] of stale.entries()) {
    draft.embedding = data.subarray(i * dimension, (i + 1) * dimension);
  }
}

/** Texts and titles apart, for functions that take them so. */
export function embedAssembled(
  embedder: EmbeddingFunction,
  objects: readonly Omit<Material, "media">[],
  { titleProperty }: VectorizerSettings,
  options: CallOptions,
): Promise<Vectors> {
  const generate = embedder.generateWithTitles?.bind(embedder);
  if (!generate || titleProperty === undefined) {
    const documents = objects.map(({ document }) => document ?? "");
    return embedTexts(embedder, documents, "documents", options);
  }
  const titles = objects.map(({ title }) => title);
  const titled: EmbeddingFunction = {
    ...(embedder.name && { name: embedder.name }),
    generate: (list, call) => generate(list, titles, call),
  };
  const texts = objects.map(({ text }) => text);
  return embedTexts(titled, texts, "documents", options);
}

/** @throws unsupported for objects whose vectors cannot be made of what is stored */
export function checkTextsOnly(collection: string, settings: VectorizerSettings): void {
  if (!isMultiModal(settings)) return;
  throw new PagevecError(
    "unsupported",
    `the vectors of "${collection}" are of pictures or sounds too, which are not stored as such; write its objects to a new collection`,
  );
}

/** Vectors of objects as they are stored, side by side, by any function that embeds texts. */
export function embedStored(
  embedder: EmbeddingFunction,
  { ids, documents, metadatas }: Pick<Records, "ids" | "documents" | "metadatas">,
  settings: VectorizerSettings,
  options: CallOptions,
): Promise<Vectors> {
  const objects = ids.map((_, i) => {
    const properties = toProperties(JSON.parse(metadatas?.[i] ?? "null"), settings);
    const { text, title } = assembleText(withoutFiles(properties), settings);
    return { text, title, document: documents?.[i] ?? null };
  });
  return embedAssembled(embedder, objects, settings, options);
}

async function write(
  target: ObjectTarget,
  operation: WriteOperation,
  drafts: Draft[],
  options: CallOptions,
): Promise<void> {
  const embedded = drafts.filter(({ embedding }) => embedding !== undefined);
  const vectors = embedded.map(({ embedding }) => embedding);
  await target.write(
    operation,
    {
      ids: drafts.map(({ id }) => id),
      documents: drafts.map(({ document }) => document),
      metadatas: drafts.map(({ metadata }) => metadata),
      embeddings: null,
    },
    vectors.length === 0 ? null : flattenVectors(vectors, "embeddings"),
    vectors.length === 0 || vectors.length === drafts.length
      ? null
      : Uint8Array.from(drafts, ({ embedding }) => (embedding ? 1 : 0)),
    options,
  );
}

export async function readObjects(
  target: ObjectTarget,
  params: FilterParams & Pick<GetParams, "limit" | "offset">,
  embeddings: boolean,
  options: CallOptions,
): Promise<Map<string, Stored>> {
  const records = await target.engine.call(
    "db.collection.get",
    {
      ...target.address,
      ...toRecordFilter(params),
      offset: checkCount(params.offset ?? 0, "offset"),
      limit: params.limit === undefined ? null : checkCount(params.limit, "limit"),
      wanted: { documents: true, metadatas: true, embeddings },
    },
    options,
  );
  const { dimension } = records;
  return new Map(
    records.ids.map((id, i) => {
      const metadata = records.metadatas?.[i];
      const stored = {
        document: records.documents?.[i] ?? null,
        metadata: metadata ? (JSON.parse(metadata) as Metadata) : null,
        embedding: records.embeddings?.slice(i * dimension, (i + 1) * dimension),
      };
      return [id, stored];
    }),
  );
}

/** See Objects.get(). */
export async function getObjects(
  target: ObjectTarget,
  params: Omit<GetParams, "include">,
  options: CallOptions,
): Promise<StoredObject[]> {
  checkParams(params);
  const settings = vectorizerOf(target);
  const stored = await readObjects(target, params, false, options);
  return [...stored].map(([id, { document, metadata }]) => ({
    id,
    properties: toProperties(metadata, settings),
    text: document,
  }));
}
