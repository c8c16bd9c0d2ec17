import type { CollectionAddress, CollectionInfo, DatabaseMethods } from "../database/methods.js";
import type { Engine } from "../engine/protocol.js";
import type { SettledConfiguration, StoredEmbeddingFunction } from "../storage/store.js";
import type { CallOptions, EmbeddingFunction, Metadata } from "../types.js";
import type { Batch, WriteOperation } from "./batch.js";
import { embedTexts, missingFunction } from "./embed.js";
import type { PageSide } from "./page-side.js";
import type { Vectors } from "./validate.js";

/** What is known of a collection, and the way from its methods to the engine. */
export class CollectionBase {
  /** The reembed() under way, or the last. */
  protected moving: Promise<CollectionInfo> | undefined;
  /** @internal */
  constructor(
    protected readonly engine: Engine<DatabaseMethods>,
    protected readonly database: number,
    protected info: CollectionInfo,
    protected ef: EmbeddingFunction | undefined,
    protected readonly page: PageSide,
  ) {}

  /** Embeds documents and query texts that come without embeddings. */
  get embeddingFunction(): EmbeddingFunction | undefined {
    return this.ef;
  }

  get id(): string {
    return this.info.id;
  }

  get name(): string {
    return this.info.name;
  }

  get metadata(): Metadata | null {
    return this.info.metadata;
  }

  get configuration(): SettledConfiguration & { embedding_function: StoredEmbeddingFunction } {
    return { ...this.info.configuration, embedding_function: this.info.embeddingFunction };
  }

  /**
   * Work that embeds and then sends vectors to an address, which says by which function they are: once
   * more, where reembed() of this object changed over meanwhile.
   */
  protected async withModel<T>(work: (address: CollectionAddress) => Promise<T>): Promise<T> {
    const address = this.address();
    return work(address).catch(async (cause) => {
      if (cause.code !== "model_changed") throw cause;
      await this.moving?.catch(() => {});
      if (this.address().model === address.model) throw cause;
      return work(this.address());
    });
  }

  protected address(): CollectionAddress {
    const { id, configuration } = this.info;
    return { database: this.database, collection: id, model: configuration.reembedded ?? 0 };
  }

  protected status(options: CallOptions) {
    return this.engine.call("db.collection.status", this.address(), options);
  }

  protected contains(ids: string[], options: CallOptions): Promise<Uint8Array> {
    return this.engine.call("db.collection.contains", { ...this.address(), ids }, options);
  }

  /** Embeds the documents there are, then writes. */
  protected async embedAndWrite(
    operation: WriteOperation,
    batch: Batch,
    options: CallOptions,
  ): Promise<void> {
    const texts = batch.documents?.filter((text) => text !== null) ?? [];
    if (texts.length === 0) return this.write(operation, batch, null, null, options);
    const embedded =
      texts.length === batch.ids.length
        ? null
        : Uint8Array.from(batch.documents ?? [], (text) => (text === null ? 0 : 1));
    await this.withModel(async (address) => {
      const embeddings = await embedTexts(this.embedder(), texts, "documents", options);
      await this.write(operation, batch, embeddings, embedded, options, address);
    });
  }

  protected async write(
    operation: WriteOperation | "delete",
    batch: Batch,
    embeddings: Vectors | null,
    embedded: Uint8Array | null,
    options: CallOptions,
    address = this.address(),
  ): Promise<void> {
    if (batch.ids.length === 0) return;
    this.page.askToPersist();
    const { data, dimension } = embeddings ?? { data: new Float32Array(0), dimension: 0 };
    const call = { ...address, ...batch, operation, embedded, embeddings: data, dimension };
    await this.engine.call("db.collection.write", call, options);
  }

  protected embedder(): EmbeddingFunction {
    if (this.embeddingFunction) return this.embeddingFunction;
    throw missingFunction(this.name, this.info.embeddingFunction);
  }
}
