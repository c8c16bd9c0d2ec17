import { absoluteUrl } from "#platform";
import { type EngineOptions, openEngine } from "../../engine/open.js";
import { openModelCache } from "../../models/cache.js";
import { ModelStore } from "../../models/store.js";
import type { CallOptions } from "../../types.js";
import { filesOf, type ResolvedEngine } from "../engines.js";
import type { EmbeddingMethods } from "../service.js";
import { foldersOf, type HubRecord, type HubSource, readRecord, readRecords } from "./record.js";

/** A model that is described, and its files where they are not in the cache. */
export interface ResolvedHubModel extends HubRecord {
  files?: Uint8Array[];
}

/**
 * What an earlier visit has kept of the model; else downloads it and, if need be, converts it, in an
 * engine of its own: only the end of a worker gives the converter's memory back.
 * @throws what prepareModel() throws.
 */
export async function resolveHubModel(
  source: HubSource,
  choice: ResolvedEngine,
  options: EngineOptions,
  call: CallOptions,
  warn: (message: string) => void,
): Promise<ResolvedHubModel> {
  foldersOf(source);
  const kept = await findKept(source, choice);
  if (kept) return kept;
  const engine = await openEngine<EmbeddingMethods>(options);
  try {
    const wasmUrl = options.wasmUrl && absoluteUrl(options.wasmUrl);
    const params = { ...choice, source, wasmUrl };
    const { warnings, ...prepared } = await engine.call("model.prepare", params, call);
    for (const warning of warnings) warn(warning);
    return prepared;
  } finally {
    await engine.close();
  }
}

/** Whether the model can be had without the network. */
export async function isHubModelCached(source: HubSource, choice: ResolvedEngine) {
  return (await findKept(source, choice)) !== undefined;
}

/** Forgets the model: its files, its records, and what unfinished downloads have left. */
export async function clearHubModel(source: HubSource): Promise<void> {
  const cache = await openModelCache();
  const store = await ModelStore.open(cache ?? null);
  await store.clear({ name: source.repository, files: {} });
  for (const { key, record } of await readRecords(cache, source)) {
    if (record) await store.clear(record.spec);
    await cache?.delete(key);
  }
}

async function findKept(source: HubSource, choice: ResolvedEngine) {
  const cache = await openModelCache();
  const record = await readRecord(cache, source, choice);
  if (!record) return undefined;
  const store = await ModelStore.open(cache ?? null);
  const names = filesOf(record.spec, record.engine, record.dtype);
  return (await store.isCached(record.spec, names)) ? record : undefined;
}
