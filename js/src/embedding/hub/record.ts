import { PagevecError } from "../../errors.js";
import type { ByteCache } from "../../models/cache.js";
import type { ModelSpec } from "../../models/manifest.js";
import { folderOf } from "../../models/store.js";
import type { Dtype, ModelEngine, ResolvedEngine } from "../engines.js";

/** A model of a repository in the layout of Sentence Transformers. */
export interface HubSource {
  /** Its name on the Hugging Face hub, or any name for what `modelUrl` serves. */
  repository: string;
  /** Branch, tag or commit. */
  revision: string;
  /** Default "embed". */
  task?: "embed" | "rerank" | undefined;
  /** Folders with a slash at the end and .pvm files, absolute, tried in order instead of the hub. */
  modelUrl?: readonly string[] | undefined;
}

/** What is known of a model once it has been loaded. */
export interface HubRecord {
  engine: ModelEngine;
  /** Of the ONNX file, if that is the engine. */
  dtype: Dtype;
  /** Its files are in the cache by their SHA-256. */
  spec: ModelSpec;
  /** The longest text, in tokens, that the model can take. */
  positions: number;
}

/** Counted up when models are to be converted anew. */
const VERSION = 1;
const ALL_RECORDS = `hub/${VERSION}/`;

/** Where the repository's files are. @throws invalid_argument for a name that is no repository. */
export function foldersOf({ repository, revision, modelUrl }: HubSource): string[] {
  if (modelUrl) return modelUrl.map(folderOf);
  if (!/^[\w.-]+\/[\w.-]+$/.test(repository)) {
    throw new PagevecError(
      "invalid_argument",
      `"${repository}" is no model of the manifest and no repository like "owner/name"; for another place pass modelUrl`,
    );
  }
  return [`https://huggingface.co/${repository}/resolve/${encodeURIComponent(revision)}/`];
}

/** What an earlier visit noted of the model, if it can still be read. */
export async function readRecord(
  cache: ByteCache | undefined,
  source: HubSource,
  choice: ResolvedEngine,
): Promise<HubRecord | undefined> {
  return parseRecord(cache, recordKey(source, choice));
}

export async function writeRecord(
  cache: ByteCache | undefined,
  source: HubSource,
  choice: ResolvedEngine,
  record: HubRecord,
): Promise<void> {
  const bytes = new TextEncoder().encode(JSON.stringify(record));
  // Without room for it the model is loaded again next time; whose files had none was told already.
  await cache?.put(recordKey(source, choice), bytes).catch(() => undefined);
}

/** Every record of the model, whichever engine it is for; without a source of all models. */
export async function readRecords(cache: ByteCache | undefined, source?: HubSource) {
  const prefix = source ? recordPrefix(source) : ALL_RECORDS;
  const keys = ((await cache?.list()) ?? []).map(({ key }) => key);
  const own = keys.filter((key) => key.startsWith(prefix));
  return Promise.all(own.map(async (key) => ({ key, record: await parseRecord(cache, key) })));
}

async function parseRecord(cache: ByteCache | undefined, key: string) {
  try {
    const bytes = await cache?.get(key);
    return bytes && (JSON.parse(new TextDecoder().decode(bytes)) as HubRecord);
  } catch {
    return undefined;
  }
}

function recordPrefix(source: HubSource): string {
  const place = source.modelUrl?.join(" ") ?? source.revision;
  const { task = "embed" } = source;
  return `${ALL_RECORDS}${task}/${encodeURIComponent(source.repository)}/${encodeURIComponent(place)}/`;
}

function recordKey(source: HubSource, { engine, dtype }: ResolvedEngine): string {
  return `${recordPrefix(source)}${engine === "onnx" ? `onnx-${dtype}` : engine}.json`;
}
