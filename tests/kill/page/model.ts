import type { Collection } from "pagevec";
import { uniform } from "../../support/mulberry32.mjs";

const GROUPS = 50;
const GROUP = 20;
const DIMENSION = 24;
const OPERATIONS = ["add", "upsert", "update", "delete"] as const;

type Item = [document: string, metadata: Record<string, number>, embedding: number[]];

/** What batch n writes, and which state the collection then has, in the plainest way. */
export class Model {
  private readonly items = new Map<string, Item>();

  write(notes: Collection, batch: number): Promise<unknown> {
    const { operation, ids, documents, metadatas, embeddings } = batchOf(batch);
    if (operation === "delete") return notes.delete({ ids });
    return notes[operation]({ ids, documents, metadatas, embeddings });
  }

  apply(batch: number): void {
    const { operation, ids, documents, metadatas, embeddings } = batchOf(batch);
    for (const [i, id] of ids.entries()) {
      const old = this.items.get(id);
      if (operation === "delete") this.items.delete(id);
      if (operation === "delete" || (operation === "add" && old)) continue;
      if (operation === "update" && !old) continue;
      const metadata = { ...old?.[1], ...metadatas[i] };
      this.items.set(id, [documents[i] as string, metadata, embeddings[i] as number[]]);
    }
  }

  /** As the page reads it from the collection. */
  state(): string {
    return JSON.stringify([...this.items].map(([id, item]) => [id, ...item]));
  }
}

/** The batch whose state the collection has: the last acknowledged one or the one after; else why not. */
export async function stateOf(
  notes: Collection,
  acknowledged: number,
): Promise<{ batch: number } | { wrong: string }> {
  const { ids, documents, metadatas, embeddings } = await notes.get({
    include: ["documents", "metadatas", "embeddings"],
  });
  const found = JSON.stringify(
    ids.map((id, i) => [id, documents[i], metadatas[i], [...(embeddings[i] ?? [])]]),
  );
  const model = new Model();
  for (let batch = 0; batch <= acknowledged + 1; ++batch) {
    if (batch > 0) model.apply(batch);
    if (batch < acknowledged) continue;
    if (model.state() === found) return { batch };
  }
  const other = new Model();
  for (let batch = 1; batch <= acknowledged; ++batch) {
    if (other.state() === found) return { wrong: `the state of batch ${batch - 1}` };
    other.apply(batch);
  }
  return { wrong: `no state there ever was: ${found.slice(0, 300)}` };
}

function noise(seed: number, length: number): string {
  const random = uniform(seed);
  return Array.from({ length }, () => String.fromCharCode(48 + random() * 64)).join("");
}

function batchOf(batch: number) {
  const operation = OPERATIONS[(batch * 7) % 4] as (typeof OPERATIONS)[number];
  const group = (batch * 13) % GROUPS;
  // A deletion leaves half of the group.
  const length = operation === "delete" ? GROUP / 2 : GROUP;
  const ids = Array.from({ length }, (_, i) => `${group}-${i}`);
  // Now and then much at once, so that the journal is long, snapshots are due, and values are above the
  // 64 KiB, compressed, from which Chromium keeps them in files of their own.
  const text = batch % 11 === 0 ? noise(batch, 12_000) : "text ".repeat(20);
  return {
    operation,
    ids,
    documents: ids.map((id) => `${id} ${batch} ${text}`),
    metadatas: ids.map((_, i) => ({ batch, [`k${batch % 3}`]: i })),
    embeddings: ids.map((_, i) =>
      Array.from({ length: DIMENSION }, (_, d) => ((batch * 31 + i * 17 + d * 7) % 101) / 8),
    ),
  };
}
