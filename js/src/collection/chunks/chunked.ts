// Loaded with the first collection that cuts documents (docs/chunking.md).
import { Collection } from "../../collection.js";
import type {
  CollectionAddress,
  CollectionInfo,
  DatabaseMethods,
  RecordFilter,
} from "../../database/methods.js";
import type { Engine } from "../../engine/protocol.js";
import { PagevecError, throwIfAborted } from "../../errors.js";
import { inTurn } from "../../storage/turns.js";
import type {
  ChunkingSettings,
  Passage,
  StoredChunking,
  TokenCounter,
} from "../../types/chunking.js";
import type {
  AddParams,
  CallOptions,
  EmbeddingFunction,
  GetParams,
  GetResult,
  Metadata,
  QueryParams,
  QueryResult,
  Row,
  UpdateParams,
  UpsertParams,
} from "../../types.js";
import { toBatch, type WriteOperation } from "../batch.js";
import { toRecordFilter } from "../filter.js";
import type { PageSide } from "../page-side.js";
import type { DeleteParams } from "../params.js";
import type { Projection, ProjectParams } from "../project.js";
import { toDeletion, toGetCall } from "../read-calls.js";
import { GetAnswer, QueryAnswer } from "../results.js";
import { checkParams, invalid } from "../validate.js";
import { checkDocumentIds, type RecordSource, readListed, readParts } from "./chunk-records.js";
import { documentSearch, nearestDocuments } from "./chunk-search.js";
import { type ChunkTarget, writeDocuments } from "./chunk-writes.js";

export { settleChunking } from "./settle-chunking.js";

type Tokenizer = ChunkingSettings["tokenizer"];
const NOTHING = { documents: false, metadatas: false, embeddings: false };

/** A collection whose long documents are stored as passages and seen as one record. */
export class ChunkedCollection<M extends Metadata = Metadata> extends Collection<M> {
  /** @internal */
  constructor(
    engine: Engine<DatabaseMethods>,
    database: number,
    info: CollectionInfo,
    ef: EmbeddingFunction | undefined,
    page: PageSide,
    private readonly given: Tokenizer,
  ) {
    super(engine, database, info, ef, page);
    this.documents = documentSearch(this.source());
  }

  override async add(params: AddParams<M>, options: CallOptions = {}): Promise<void> {
    await this.writeAll("add", params, options);
  }

  override async upsert(params: UpsertParams<M>, options: CallOptions = {}): Promise<void> {
    await this.writeAll("upsert", params, options);
  }

  override async update(params: UpdateParams<M>, options: CallOptions = {}): Promise<void> {
    await this.writeAll("update", params, options);
  }

  override async delete(
    params: DeleteParams,
    options: CallOptions = {},
  ): Promise<{ deleted: number }> {
    const { filter, limit, byCondition } = toDeletion(params);
    if (!byCondition) checkDocumentIds(filter.ids ?? []);
    return inTurn(this.address().collection, async () => {
      throwIfAborted(options.signal);
      const ids = byCondition ? (await this.list(filter, limit, options)).ids : (filter.ids ?? []);
      const parts = await readParts(this.source(), ids, NOTHING, options);
      const batch = {
        ids: [...ids, ...parts.ids],
        documents: null,
        metadatas: null,
        embeddings: null,
      };
      await this.write("delete", batch, null, null, options);
      return { deleted: ids.length };
    });
  }

  override async get(params: GetParams = {}, options: CallOptions = {}): Promise<GetResult<M>> {
    const { include, call } = toGetCall(params);
    const records = await readListed(this.source(), call, options);
    return new GetAnswer<M>(records, include);
  }

  override async count(options: CallOptions = {}): Promise<number> {
    return (await this.list(toRecordFilter({}), null, options)).ids.length;
  }

  override async query(params: QueryParams, options: CallOptions = {}): Promise<QueryResult<M>> {
    return this.withModel(async (address) => {
      const { include, call, timings } = await this.toQueryCall(params, options);
      const hits = await nearestDocuments({ engine: this.engine, address }, call, options);
      return new PassageAnswer<M>(hits, include, timings(), hits.passages);
    });
  }

  /** A long document lies where its own vector does, not its passages'. */
  override async project(
    params: ProjectParams = {},
    options: CallOptions = {},
  ): Promise<Projection> {
    checkParams(params);
    const { ids } = await this.list(toRecordFilter(params), null, options);
    return super.project({ ...params, ids, where: undefined, whereDocument: undefined }, options);
  }

  override async importHnswlib(): Promise<never> {
    throw unsupported("import", "write its documents");
  }

  override async exportHnswlib(): Promise<never> {
    throw unsupported("export", "get() has its documents");
  }

  private async writeAll(
    operation: WriteOperation,
    params: AddParams<M> | UpdateParams<M>,
    options: CallOptions,
  ): Promise<void> {
    const batch = toBatch(operation, params);
    checkDocumentIds(batch.ids);
    this.page.askToPersist();
    const { chunking, keepVectors } = this.info.configuration;
    const targetAt = (address: CollectionAddress) => ({
      engine: this.engine,
      address,
      chunking: chunking as StoredChunking,
      keepVectors: keepVectors !== false,
      embedder: () => this.embedder(),
      tokenizer: (call: CallOptions) => this.tokenizer(call),
      write: (...write: Parameters<ChunkTarget["write"]>) => this.write(...write, address),
    });
    const write = (address: CollectionAddress) =>
      writeDocuments(targetAt(address), operation, batch, options);
    await inTurn(this.address().collection, () => this.withModel(write));
  }

  private source(): RecordSource {
    return { engine: this.engine, address: this.address() };
  }

  private list(filter: RecordFilter, limit: number | null, options: CallOptions) {
    return readListed(this.source(), { ...filter, offset: 0, limit, wanted: NOTHING }, options);
  }

  private async tokenizer(options: CallOptions): Promise<TokenCounter> {
    const { given } = this;
    const counter =
      typeof given === "function"
        ? { count: given }
        : (given ?? (await ownTokenizer(this.ef, options)));
    if (typeof counter?.count !== "function") {
      throw invalid(
        `collection "${this.name}" cuts documents by tokens, and ${this.ef?.name ?? "its embedding function"} has no tokenizer; open it with chunking: { tokenizer }, such as loadTokenizer() gives or (text) => count`,
      );
    }
    const { maxTokens = 0 } = this.info.configuration.chunking ?? {};
    if (!counter.maxTokens || maxTokens <= counter.maxTokens) return counter;
    throw invalid(
      `collection "${this.name}" has chunking.maxTokens ${maxTokens}, and the tokenizer's model reads ${counter.maxTokens}; make it with less`,
    );
  }
}

const loaded = new WeakMap<EmbeddingFunction, Promise<TokenCounter>>();

/** Loaded once for each function; what failed is tried again. */
async function ownTokenizer(
  ef: EmbeddingFunction | undefined,
  options: CallOptions,
): Promise<TokenCounter | undefined> {
  const known = ef && loaded.get(ef);
  if (!ef || known) return known;
  const loading = ef.tokenizer?.(options);
  if (!loading) return undefined;
  loaded.set(ef, loading);
  loading.catch(() => loaded.delete(ef));
  return loading;
}

function unsupported(what: string, advice: string): PagevecError {
  return new PagevecError(
    "unsupported",
    `a collection with chunking cannot ${what} hnswlib's files, which know no passages; ${advice}`,
  );
}

class PassageAnswer<M extends Metadata> extends QueryAnswer<M> {
  constructor(
    hits: ConstructorParameters<typeof QueryAnswer>[0],
    include: QueryResult<M>["include"],
    timings: QueryResult<M>["timings"],
    readonly passages: (Passage | null)[][],
  ) {
    super(hits, include, timings);
  }

  /** As QueryAnswer, each with its passage. */
  override rows(): Row<M>[][] {
    return super
      .rows()
      .map((rows, q) => rows.map((row, i) => ({ ...row, passage: this.passages[q]?.[i] ?? null })));
  }
}
