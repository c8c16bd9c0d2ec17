import { Client } from "../../../js/src/client.js";
import type { Direction, SyncParams } from "../../../js/src/collection/sync/sync-types.js";
import type { Collection } from "../../../js/src/collection.js";
import type { DatabaseMethods } from "../../../js/src/database/methods.js";
import { createDatabaseService } from "../../../js/src/database/service.js";
import { connectInPlace } from "../../../js/src/engine/host.js";
import type { CoreModule } from "../../../js/src/engine/module.js";
import type { Engine } from "../../../js/src/engine/protocol.js";
import type { EmbeddingFunction, Metadata } from "../../../js/src/types.js";
import { uniform } from "../../support/mulberry32.mjs";

/** One call of an engine, counted over all engines that share this, goes wrong. */
export class Faults {
  calls = 0;
  private at = -1;
  private kind: FaultKind = "before";
  private abort = new AbortController();

  /** The call after so many more; "after": it is done, and nobody hears of it. */
  arm(calls: number, kind: FaultKind): AbortSignal {
    this.calls = 0;
    this.at = calls;
    this.kind = kind;
    this.abort = new AbortController();
    return this.abort.signal;
  }

  disarm(): void {
    this.at = -1;
  }

  async around<T>(work: () => Promise<T>): Promise<T> {
    if (this.calls++ !== this.at) return work();
    if (this.kind === "abort") this.abort.abort();
    if (this.kind === "before") throw new Error("the call broke");
    const answer = await work();
    if (this.kind === "after") throw new Error("the answer broke");
    return answer;
  }
}
export const FAULTS = ["before", "after", "abort"] as const;
export type FaultKind = (typeof FAULTS)[number];

/** A client in memory whose calls about collections may fail. */
export function openFaulty(core: CoreModule, name: string, faults: Faults): Promise<Client> {
  const inner = connectInPlace<DatabaseMethods>(createDatabaseService(core));
  const engine: Engine<DatabaseMethods> = {
    ...inner,
    call: (method, params, options) => {
      const work = () => inner.call(method, params, options);
      return /^db\.(collection|create|parts)/.test(method) ? faults.around(work) : work();
    },
    close: () => inner.close(),
  };
  return Client.connect(engine, { name, storage: "memory" });
}

/** A function whose vectors are those of no other seed. */
export function toyFunction(
  name: string,
  dimension: number,
): EmbeddingFunction & { asked: number } {
  return {
    name,
    asked: 0,
    async generate(texts) {
      this.asked += texts.length;
      return texts.map((text) => toyOf(text, dimension));
    },
    getConfig: () => ({ model: name }),
  };
}

export function toyOf(text: string, dimension: number): number[] {
  const seed = [...text].reduce((hash, char) => Math.imul(hash ^ char.charCodeAt(0), 16777619), 7);
  const random = uniform(seed);
  return Array.from({ length: dimension }, () => Math.fround(random() * 2 - 1));
}

/** What a record is. */
export interface Content {
  document: string | null;
  metadata: Metadata | null;
  embedding: number[] | undefined;
}

export const DIMENSION = 3;

/** All of a collection, by id; without vectors where these do not go over. */
export async function contentOf(side: Collection, vectors: boolean): Promise<Map<string, string>> {
  const rows = (await side.get({ include: ["documents", "metadatas", "embeddings"] })).rows();
  if (new Set(rows.map(({ id }) => id)).size !== rows.length)
    throw new Error("an id is there twice");
  return new Map(
    rows.map(({ id, document, metadata, embedding }) => [
      id,
      shownContent({
        document: document ?? null,
        metadata: metadata ?? null,
        embedding: vectors ? [...(embedding ?? [])] : undefined,
      }),
    ]),
  );
}

export function shownContent({ document, metadata, embedding }: Content): string {
  const fields = Object.entries(metadata ?? {}).sort(([one], [two]) => (one < two ? -1 : 1));
  return JSON.stringify({ document, fields, embedding });
}

export interface ModelResult {
  pushed: number;
  pulled: number;
  deletedThere: number;
  deletedHere: number;
  conflicts: number;
  unchanged: number;
  left: number;
}

/** Two collections and what both had, as plain texts: the slow twin of a sync. */
export class SyncModel {
  local = new Map<string, string>();
  remote = new Map<string, string>();
  private base = new Map<string, string>();

  merge(direction: Direction, { deleteExtra, clock }: SyncParams): ModelResult {
    const counts = { pushed: 0, pulled: 0, deletedThere: 0, deletedHere: 0 };
    const result: ModelResult = { ...counts, conflicts: 0, unchanged: 0, left: 0 };
    for (const id of new Set([...this.local.keys(), ...this.remote.keys(), ...this.base.keys()])) {
      const [here, there] = [this.local.get(id), this.remote.get(id)];
      if (here === there) {
        if (here !== undefined) ++result.unchanged;
        this.settle(id, here);
        continue;
      }
      const winner = this.winner(id, direction, { deleteExtra, clock }, result);
      if (winner === "local" && direction !== "pull") {
        ++result[here === undefined ? "deletedThere" : "pushed"];
        this.settle(id, here);
      } else if (winner === "remote" && direction !== "push") {
        ++result[there === undefined ? "deletedHere" : "pulled"];
        this.settle(id, there);
      } else ++result.left;
    }
    return result;
  }

  private winner(id: string, direction: Direction, params: SyncParams, result: ModelResult) {
    const [here, there, past] = [this.local.get(id), this.remote.get(id), this.base.get(id)];
    if (params.deleteExtra && direction === "push" && here === undefined) return "local";
    if (params.deleteExtra && direction === "pull" && there === undefined) return "remote";
    if (here === past) return "remote";
    if (there === past) return "local";
    ++result.conflicts;
    if (here === undefined) return "remote";
    if (there === undefined) return "local";
    const time = (text: string) =>
      JSON.parse(text).fields.find(([key]: [string]) => key === params.clock)?.[1] ?? -1;
    const order = params.clock ? time(here) - time(there) : 0;
    if (order !== 0) return order > 0 ? "local" : "remote";
    return direction === "pull" ? "remote" : "local";
  }

  private settle(id: string, content: string | undefined): void {
    for (const side of [this.local, this.remote, this.base]) {
      if (content === undefined) side.delete(id);
      else side.set(id, content);
    }
  }
}

/** Records of two dimensions whose documents begin with a text. */
export function write(
  side: Collection,
  ids: string[],
  text = "text",
  metadata: object | null = null,
) {
  return side.upsert({
    ids,
    documents: ids.map((id) => `${text} ${id}`),
    metadatas: ids.map(() => metadata as Record<string, string> | null),
    embeddings: ids.map((id) => toyOf(`${text} ${id}`, 2)),
  });
}
