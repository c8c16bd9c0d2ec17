import { pathToFileURL } from "node:url";
import { PagevecError } from "../../errors.js";
import { codedRowBytes } from "../../static/coded-rows.js";
import {
  checkManifest,
  checkSuggestions,
  checkTables,
  checkTextShard,
  type StaticTables,
  TEXTS_PER_SHARD,
  type VectorTables,
} from "../../static/format.js";
import { SiteFiles } from "../../static/site-files.js";
import { readCluster } from "./cluster-file.js";
import { identityOf, type SitePassage, searchedText } from "./passages.js";

/** What an index in the folder has of the same site: a rebuild keeps what has not changed. */
export interface Earlier {
  /** By number; null: free. */
  passages: (SitePassage | null)[];
  vectors: EarlierVectors | null;
}

export interface EarlierVectors {
  dimension: number;
  clip: number;
  /** Rows: of the centroids, and of MODEL_PROBE. */
  centroids: Uint8Array;
  check: Uint8Array;
  /** By searched text, and by suggestion. */
  rows: Map<string, Uint8Array>;
  queries: Map<string, Uint8Array>;
}

/**
 * The index that is in the folder, or why there is none that can be used: undefined where there is no
 * manifest.
 */
export async function readEarlier(out: string): Promise<Earlier | PagevecError | undefined> {
  const files = new SiteFiles(new URL(`${pathToFileURL(out).href}/`), () => {});
  try {
    const found = await files.manifest().catch((cause) => {
      if (cause.code === "not_found") return undefined;
      throw cause;
    });
    if (found === undefined) return undefined;
    const manifest = checkManifest(found);
    const tables = checkTables(await files.json("tables", manifest.tables));
    const shards = await Promise.all(
      tables.texts.map(async (entry) => checkTextShard(await files.json("texts", entry))),
    );
    const passages = shards.flatMap(({ pages, passages: stored }) =>
      stored.map((passage) => passage && { ...passage, page: pages[passage.page] as never }),
    );
    const vectors = tables.vectors
      ? await readVectors(files, tables, tables.vectors, passages)
      : null;
    return { passages, vectors };
  } catch (error) {
    if (error instanceof PagevecError) return error;
    throw error;
  }
}

async function readVectors(
  files: SiteFiles,
  tables: StaticTables,
  vectors: VectorTables,
  passages: (SitePassage | null)[],
): Promise<EarlierVectors> {
  const centroids = await files.get("centroids", vectors.centroids);
  const dimension = new DataView(centroids.buffer, centroids.byteOffset).getUint32(0, true);
  const rows = new Map<string, Uint8Array>();
  for (const entry of vectors.clusters) {
    for (const [number, row] of readCluster(await files.get("vectors", entry), dimension)) {
      const passage = passages[number];
      if (passage) rows.set(searchedText(passage), row);
    }
  }
  return {
    dimension,
    clip: vectors.clip,
    centroids: centroids.subarray(4),
    check: await files.get("check", vectors.check),
    rows,
    queries: await readQueries(files, tables, dimension),
  };
}

async function readQueries(files: SiteFiles, { suggestions }: StaticTables, dimension: number) {
  const queries = new Map<string, Uint8Array>();
  for (const { texts, vectors } of suggestions) {
    if (vectors === null) continue;
    const rows = await files.get("queries", vectors);
    const size = codedRowBytes(dimension);
    for (const [i, { text }] of checkSuggestions(
      await files.json("suggestions", texts),
    ).entries()) {
      queries.set(text, rows.subarray(i * size, (i + 1) * size));
    }
  }
  return queries;
}

/**
 * Gives each passage the number that it had, new ones those that are free, and the rest the next. Where more
 * than half would stay free, all are numbered anew.
 * @returns passages by number
 */
export function numberPassages(
  passages: SitePassage[],
  earlier: Earlier | undefined,
): (SitePassage | null)[] {
  const known = new Map<string, number[]>();
  const before = earlier?.passages ?? [];
  if (before.length > 2 * passages.length) return passages;
  for (const [number, passage] of before.entries()) {
    if (!passage) continue;
    const key = identityOf(passage);
    known.set(key, [...(known.get(key) ?? []), number]);
  }
  const numbered: (SitePassage | null)[] = before.map(() => null);
  const fresh = passages.filter((passage) => {
    const number = known.get(identityOf(passage))?.shift();
    if (number !== undefined) numbered[number] = passage;
    return number === undefined;
  });
  let free = 0;
  for (const passage of fresh) {
    while (numbered[free]) free += 1;
    numbered[free] = passage;
  }
  while (numbered.at(-1) === null) numbered.pop();
  return numbered;
}

/** Whole shards, so that none of them is cut in the middle of a number. */
export function inShards<T>(list: (T | null)[]): (T | null)[][] {
  const shards: (T | null)[][] = [];
  for (let at = 0; at < list.length; at += TEXTS_PER_SHARD) {
    shards.push(list.slice(at, at + TEXTS_PER_SHARD));
  }
  return shards;
}
