import { throwIfAborted } from "../../errors.js";
import { inTurn } from "../../storage/turns.js";
import type { VectorizerSettings } from "../../types/vectorizer.js";
import type { CallOptions, Vector } from "../../types.js";
import type { WriteOperation } from "../batch.js";
import {
  blobsOf,
  type Properties,
  toMetadata,
  toProperties,
} from "../objects/object-properties.js";
import type { ObjectRecord, ObjectTarget } from "../objects/object-types.js";
import {
  checkObjects,
  filesOf,
  isEmpty,
  json,
  materialOf,
  problemOf,
  readObjects,
  type Stored,
  type VectorDraft,
  vectorizerOf,
  wellFormedTexts,
} from "../objects/object-writes.js";
import { invalid, shown } from "../validate.js";
import {
  newVersion,
  readVersions,
  vectorId,
  versionKey,
  versionsOf,
  withAllFields,
} from "./named-records.js";

/** A vector's collection, as far as writing objects needs it. */
export interface VectorStore {
  vectorName: string;
  settings: VectorizerSettings;
  /** Makes the vectors that are stale and stores all under these ids. */
  store(ids: string[], drafts: VectorDraft[], options: CallOptions): Promise<void>;
  remove(ids: string[]): Promise<void>;
}

export interface NamedTarget extends ObjectTarget {
  parts: VectorStore[];
}

/** What will be written of one object. */
interface Draft {
  id: string;
  exists: boolean;
  /** JSON. */
  metadata: string | null;
  /** The text of all properties, for keyword search. */
  document: string | null;
  /** The vectors to store, by their names, and the versions that they get. */
  fresh: Map<string, { draft: VectorDraft; version: number }>;
  /** The versions that it has. */
  versions: Record<string, number>;
}

/** See Objects; docs/objects.md. */
export async function writeNamedObjects(
  target: NamedTarget,
  operation: WriteOperation,
  objects: readonly ObjectRecord[],
  options: CallOptions,
): Promise<void> {
  const copies = checkObjects(objects);
  checkOwnVectors(copies, target.parts);
  await inTurn(target.address.collection, () => writeNow(target, operation, copies, options));
}

function checkOwnVectors(objects: readonly ObjectRecord[], parts: readonly VectorStore[]): void {
  const names = parts.map(({ vectorName }) => vectorName);
  for (const [i, { id, embedding, embeddings = {} }] of objects.entries()) {
    if (embedding) {
      throw invalid(
        `objects[${i}] has an embedding, and this collection has several; give embeddings: { ${names[0]}: [...] }`,
      );
    }
    if (id.includes("\u001f")) {
      throw invalid(`ids[${i}] has the character U+001F, which this collection tells versions by`);
    }
    const odd = Object.keys(embeddings).find((name) => !names.includes(name));
    if (odd === undefined) continue;
    throw invalid(`objects[${i}].embeddings.${odd}: the vectors are ${names.join(", ")}`);
  }
}

async function writeNow(
  target: NamedTarget,
  operation: WriteOperation,
  objects: ObjectRecord[],
  options: CallOptions,
): Promise<void> {
  throwIfAborted(options.signal);
  const stored = await readObjects(target, { ids: objects.map(({ id }) => id) }, false, options);
  const drafts: Draft[] = [];
  for (const [i, object] of objects.entries()) {
    const found = stored.get(object.id);
    if (operation === "add" ? found : operation === "update" && !found) continue;
    drafts.push(await draftOf(object, found, target, `objects[${i}]`));
  }
  if (drafts.length === 0) return;
  try {
    for (const part of target.parts) await storeVectors(part, drafts, options);
    await storeObjects(target, operation, drafts, options);
  } catch (cause) {
    await sweep(target, drafts);
    throw cause;
  }
  await sweep(target, drafts);
}

async function draftOf(
  object: ObjectRecord,
  stored: Stored | undefined,
  target: NamedTarget,
  place: string,
): Promise<Draft> {
  const { id, embeddings = {} } = object;
  const settings = withAllFields(vectorizerOf(target));
  const properties = wellFormedTexts(object.properties);
  const metadata = await toMetadata(properties, settings, place);
  const known = toProperties(stored?.metadata ?? null, settings);
  const given = Object.entries(properties).filter(([name]) => metadata[name] !== undefined);
  const change: Change = {
    known,
    whole: { ...known, ...Object.fromEntries(given) },
    changes: (name) => metadata[name] !== undefined && metadata[name] !== stored?.metadata?.[name],
    versions: versionsOf(JSON.stringify(stored?.metadata ?? null)),
    place: `${place} (${shown(id)})`,
  };
  const fresh: Draft["fresh"] = new Map();
  for (const part of target.parts) {
    const draft = vectorOf(part, embeddings[part.vectorName], change);
    if (draft) fresh.set(part.vectorName, { draft, version: newVersion() });
  }
  return {
    id,
    exists: stored !== undefined,
    metadata: json(metadata, place),
    document: textOf(change.whole, settings),
    fresh,
    versions: change.versions,
  };
}

/** What a write makes of an object. */
interface Change {
  known: Properties;
  whole: Properties;
  /** Whether a file is another one. */
  changes(name: string): boolean;
  versions: Record<string, number>;
  /** For messages. */
  place: string;
}

/** Undefined: the object has no such vector, or keeps the one that it has. */
function vectorOf(
  { vectorName: vector, settings }: VectorStore,
  own: Vector | undefined,
  { known, whole, changes, versions, place }: Change,
): VectorDraft | undefined {
  const material = materialOf(whole, settings);
  if (own) return { ...material, stale: false, embedding: own };
  if (isEmpty(material)) return undefined;
  const same = material.document === materialOf(known, settings).document;
  const kept = same && !filesOf(material.media).some(changes);
  if (kept && versions[vector] !== undefined) return undefined;
  const problem = problemOf(material, whole);
  if (problem) throw invalid(`${place}, ${vector}: ${problem}`);
  return { ...material, stale: true, embedding: undefined };
}

/** All that can be read of an object. */
function textOf(properties: Properties, settings: VectorizerSettings): string | null {
  const blobs = blobsOf(settings);
  const texts = Object.entries(properties).filter(([name]) => !blobs.includes(name));
  const { propertyConfig = {} } = settings;
  const everything = { propertyConfig, vectorizeClassName: false };
  return materialOf(Object.fromEntries(texts), everything).document;
}

async function storeVectors(
  part: VectorStore,
  drafts: readonly Draft[],
  options: CallOptions,
): Promise<void> {
  const ids: string[] = [];
  const vectors: VectorDraft[] = [];
  for (const { id, fresh } of drafts) {
    const made = fresh.get(part.vectorName);
    if (!made) continue;
    ids.push(vectorId(id, made.version));
    vectors.push(made.draft);
  }
  if (ids.length > 0) await part.store(ids, vectors, options);
}

async function storeObjects(
  target: NamedTarget,
  operation: WriteOperation,
  drafts: readonly Draft[],
  options: CallOptions,
): Promise<void> {
  const merely = drafts.every(({ exists }) => exists);
  const count = drafts.length;
  const batch = {
    ids: drafts.map(({ id }) => id),
    documents: drafts.map(({ document }) => document),
    metadatas: drafts.map(withFreshVersions),
    embeddings: null,
  };
  const vectors = { data: new Float32Array(count).fill(1), count, dimension: 1 };
  await target.write(merely ? "update" : operation, batch, merely ? null : vectors, null, options);
}

function withFreshVersions({ metadata, fresh }: Draft): string | null {
  if (fresh.size === 0) return metadata;
  const versions = [...fresh].map(([vector, { version }]) => [versionKey(vector), version]);
  return JSON.stringify({ ...JSON.parse(metadata ?? "{}"), ...Object.fromEntries(versions) });
}

/**
 * Removes the vectors that no object names, of those that the write has replaced or made in vain. Nobody
 * finds them either way, so a failure is none of the caller's.
 */
async function sweep(target: NamedTarget, drafts: readonly Draft[]): Promise<void> {
  try {
    const filter = { ids: drafts.map(({ id }) => id), where: null, whereDocument: null };
    const { ids, metadatas } = await readVersions(target, filter, {});
    const now = new Map(ids.map((id, i) => [id, versionsOf(metadatas?.[i])]));
    for (const { vectorName: vector, remove } of target.parts) {
      const unused = drafts.flatMap(({ id, fresh, versions }) => {
        const made = fresh.get(vector)?.version;
        const known = made === undefined ? [] : [made, versions[vector]];
        const current = now.get(id)?.[vector];
        return known
          .filter((version) => version !== undefined && version !== current)
          .map((version) => vectorId(id, version as number));
      });
      await remove(unused);
    }
  } catch {
    // They take room until the collection goes.
  }
}
