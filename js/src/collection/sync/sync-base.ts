// What both sides had after the last time: a hidden part of the collection, as durable as itself, with a
// record for each that was alike.
import type { CollectionAddress, DatabaseMethods } from "../../database/methods.js";
import type { Engine } from "../../engine/protocol.js";
import { PagevecError } from "../../errors.js";
import type { CallOptions } from "../../types.js";
import { type State, textsOf } from "./record-state.js";
import type { Place, SyncSide } from "./sync-types.js";

/** A record's states on both sides. */
export type Pair = Record<Place, State>;

/** A record that is being written at a side; whether it has arrived is not known. */
export interface Intent {
  to: Place;
  state: State;
  /** It is deleted there before it is added. */
  replaced: boolean;
}

/** What is remembered of a record. */
export interface Past {
  /** What both had; undefined: there is nothing from which a deletion could follow. */
  pair: Pair | undefined;
  intent: Intent | undefined;
}

/** The way to the engine that keeps the collection. */
export interface SyncHome {
  engine: Engine<DatabaseMethods>;
  address: CollectionAddress;
}

const PREFIX = "/sync/";
const PAGE = 10_000;
/** Every record of a collection has a vector; nobody searches here. */
const CONFIGURATION = {
  hnsw: { space: "l2", ef_construction: 100, max_neighbors: 16, ef_search: 100 },
  index: "flat",
  quantization: "int8",
  rescoring: "none",
  keepVectors: false,
} as const;

export class SyncBase {
  private constructor(
    private readonly engine: Engine<DatabaseMethods>,
    private readonly address: CollectionAddress,
    /** Names the function whose vectors travel: those of another one are not compared. */
    private readonly tag: string,
  ) {}

  /** @throws unsupported when a server keeps the collection */
  static async open(
    { engine, address: { database, collection: of } }: SyncHome,
    { id }: SyncSide,
    tag: string,
    options: CallOptions,
  ): Promise<SyncBase> {
    const name = `${PREFIX}${of}/${id}`;
    const found = (await partsOf(engine, { database, collection: of }, options)).find(
      (part) => part.name === name,
    );
    const collection = {
      name,
      metadata: null,
      configuration: { ...CONFIGURATION, of },
      embeddingFunction: { type: "legacy" } as const,
    };
    const info =
      found ??
      (await engine.call("db.create", { database, collection, orGet: true }, options)).info;
    return new SyncBase(engine, { database, collection: info.id }, tag);
  }

  async read(options: CallOptions): Promise<Map<string, Past>> {
    const all = new Map<string, Past>();
    const wanted = { documents: true, metadatas: false, embeddings: false };
    const filter = { ids: null, where: null, whereDocument: null };
    for (let offset = 0; ; offset += PAGE) {
      const page = { ...this.address, ...filter, offset, limit: PAGE, wanted };
      const { ids, documents } = await this.engine.call("db.collection.get", page, options);
      for (const [i, id] of ids.entries()) all.set(id, this.parse(documents?.[i] as string));
      if (ids.length < PAGE) return all;
    }
  }

  /** Remembers records by their ids. */
  async put(pasts: Map<string, Past>): Promise<void> {
    if (pasts.size === 0) return;
    const documents = [...pasts.values()].map(({ pair, intent }) =>
      [
        this.tag,
        pair?.local,
        pair?.remote,
        intent?.to,
        intent?.state,
        intent?.replaced ? "replaced" : "",
      ].join(" "),
    );
    const embeddings = new Float32Array(pasts.size);
    await this.write("upsert", { ids: [...pasts.keys()], documents, embeddings, dimension: 1 });
  }

  async settle(pairs: Map<string, Pair>): Promise<void> {
    await this.put(new Map([...pairs].map(([id, pair]) => [id, { pair, intent: undefined }])));
  }

  async forget(ids: string[]): Promise<void> {
    if (ids.length === 0) return;
    await this.write("delete", {
      ids,
      documents: null,
      embeddings: new Float32Array(0),
      dimension: 0,
    });
  }

  /** Not to be aborted: it follows what was written already. */
  private async write(
    operation: "upsert" | "delete",
    columns: Pick<
      DatabaseMethods["db.collection.write"]["params"],
      "ids" | "documents" | "embeddings" | "dimension"
    >,
  ): Promise<void> {
    const call = { ...this.address, operation, ...columns, metadatas: null, embedded: null };
    await this.engine.call("db.collection.write", call);
  }

  private parse(stored: string): Past {
    const [tag, ...fields] = stored.split(" ");
    const known = (state = "") => (tag === this.tag ? state : textsOf(state));
    const [local, remote, to, state, replaced] = fields;
    return {
      pair: local ? { local: known(local), remote: known(remote) } : undefined,
      intent: to ? { to: to as Place, state: known(state), replaced: replaced !== "" } : undefined,
    };
  }
}

async function partsOf(
  engine: Engine<DatabaseMethods>,
  address: CollectionAddress,
  options: CallOptions,
) {
  try {
    return await engine.call("db.parts", address, options);
  } catch (cause) {
    if ((cause as PagevecError).code !== "unsupported") throw cause;
    throw new PagevecError(
      "unsupported",
      "push, pull and sync are called on the collection that is kept here, which remembers what both had; give the server's as their argument",
      { cause },
    );
  }
}
