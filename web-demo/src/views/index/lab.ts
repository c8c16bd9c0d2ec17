import { Client, type Collection, type CollectionConfiguration } from "pagevec";

/** Rows of one length, one after another. */
export interface Vectors {
  count: number;
  rows: Float32Array[];
}

/** What was measured of one way to hold the vectors. */
export interface CodesResult {
  /** 0 to 1: how many of the 10 nearest by floats were found, the mean over the queries. */
  recall: number;
  /** Milliseconds a query. */
  ms: number;
}

const BATCH_SIZE = 500;
const NEAREST = 10;
const QUERIES = 50;

/**
 * Collections of the visitor's vectors in other configurations, in memory and in a worker of their own:
 * what is measured here is in nobody's way.
 */
export class Lab {
  private constructor(private readonly client: Client) {}

  static async open(): Promise<Lab> {
    return new Lab(await Client.open({ name: "index-lab", storage: "memory" }));
  }

  close(): Promise<void> {
    return this.client.close();
  }

  /**
   * A collection with these vectors and nothing else.
   * @param onProgress is given how many are in, and then how many are linked
   */
  async build(
    { rows, count }: Vectors,
    configuration: CollectionConfiguration,
    signal: AbortSignal,
    onProgress: (done: number) => void = () => {},
  ): Promise<Collection> {
    const name = `lab-${crypto.randomUUID()}`;
    // As with collections that are stored, the floats are not in the heap: codes are rescored by int16.
    const kept = { keepVectors: false, ...configuration };
    const hnsw = { space: "cosine" as const, ...configuration.hnsw };
    const collection = await this.client.createCollection({
      name,
      embeddingFunction: null,
      configuration: { ...kept, hnsw },
    });
    for (let start = 0; start < count; start += BATCH_SIZE) {
      const embeddings = rows.slice(start, start + BATCH_SIZE);
      const ids = embeddings.map((_, i) => String(start + i));
      await collection.add({ ids, embeddings }, { signal });
    }
    if (configuration.index === "hnsw") await waitForGraph(collection, signal, onProgress);
    return collection;
  }

  async drop(collection: Collection): Promise<void> {
    await this.client.deleteCollection({ name: collection.name });
  }

  /**
   * The ids of what is nearest to records taken evenly from all, these themselves left out, and how long a
   * query takes.
   */
  async nearest(collection: Collection, { rows, count }: Vectors, signal: AbortSignal) {
    const step = Math.max(1, Math.floor(count / QUERIES));
    const asked = [...rows.keys()].filter((i) => i % step === 0 && i < count).slice(0, QUERIES);
    const queryEmbeddings = asked.flatMap((i) => rows[i] ?? []);
    const ask = (queries: Float32Array[]) =>
      collection.query(
        { queryEmbeddings: queries, nResults: NEAREST + 1, include: [] },
        { signal },
      );
    await ask(queryEmbeddings.slice(0, 1)); // what the first query prepares is not measured
    const { ids, timings } = await ask(queryEmbeddings);
    const others = ids.map((list, i) => list.filter((id) => id !== String(asked[i])));
    return {
      ids: others.map((list) => list.slice(0, NEAREST)),
      ms: timings.search / queryEmbeddings.length,
    };
  }
}

/** How much of `truth` is in `found`, list by list: 0 to 1. */
export function recallOf(found: string[][], truth: string[][]): number {
  let hits = 0;
  let all = 0;
  for (const [i, expected] of truth.entries()) {
    const list = new Set(found[i]);
    hits += expected.filter((id) => list.has(id)).length;
    all += expected.length;
  }
  return all === 0 ? 1 : hits / all;
}

async function waitForGraph(
  collection: Collection,
  signal: AbortSignal,
  onProgress: (done: number) => void,
): Promise<void> {
  for (;;) {
    const { numUnindexedOps, numIndexedOps } = await collection.getIndexingStatus({ signal });
    onProgress(numIndexedOps);
    if (numUnindexedOps === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
