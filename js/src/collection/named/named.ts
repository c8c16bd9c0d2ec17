// Loaded with the first collection whose objects have several vectors (docs/objects.md).
import { Collection } from "../../collection.js";
import type { CollectionInfo, DatabaseMethods } from "../../database/methods.js";
import type { Engine } from "../../engine/protocol.js";
import { PagevecError, throwIfAborted } from "../../errors.js";
import { inTurn } from "../../storage/turns.js";
import type { VectorizerSettings } from "../../types/vectorizer.js";
import type {
  CallOptions,
  EmbeddingFunction,
  GetParams,
  GetResult,
  Metadata,
  QueryParams,
  QueryResult,
} from "../../types.js";
import { checkSameFunction, storedForm } from "../configuration.js";
import { withoutHidden, withoutHiddenJson } from "../hidden-keys.js";
import type { VectorDraft } from "../objects/object-writes.js";
import { Objects } from "../objects/objects.js";
import { checkFunctions, functionFor, type GivenFunctions } from "../objects/vectorizer.js";
import type { PageSide } from "../page-side.js";
import type { DeleteParams, ModifyParams } from "../params.js";
import { toDeletion, toGetCall } from "../read-calls.js";
import type { Embed, ReembedTarget } from "../reembed.js";
import { GetAnswer } from "../results.js";
import type { ExpressionResult, SearchExpression } from "../search/expression-types.js";
import type { SearchParams, SearchResult } from "../search/search-types.js";
import { checkParams, flattenVectors, invalid, shown } from "../validate.js";
import { partName, readVersions, vectorId, versionsOf, withAllFields } from "./named-records.js";
import { NamedView } from "./named-view.js";
import type { VectorStore } from "./named-writes.js";

/** The collection that has one of the vectors, under ids of objects' versions. */
export class VectorPart extends Collection implements VectorStore {
  readonly vectorName: string;
  readonly settings: VectorizerSettings;

  constructor(
    engine: Engine<DatabaseMethods>,
    database: number,
    info: CollectionInfo,
    ef: EmbeddingFunction | undefined,
    page: PageSide,
    of: { vector: string; settings: VectorizerSettings },
  ) {
    super(engine, database, info, ef, page);
    this.vectorName = of.vector;
    this.settings = of.settings;
  }

  async store(ids: string[], drafts: VectorDraft[], options: CallOptions): Promise<void> {
    const { makeVectors } = await import("../objects/object-writes.js");
    const documents = drafts.map(({ document }) => document);
    const metadatas = drafts.map(({ title }) => (title === "" ? null : JSON.stringify({ title })));
    const batch = { ids, documents, metadatas, embeddings: null };
    await this.withModel(async (address) => {
      await makeVectors(() => this.embedder(), drafts, this.settings, options);
      const made = drafts.map(({ embedding }) => embedding);
      const vectors = flattenVectors(made, `embeddings of ${this.vectorName}`);
      await this.write("upsert", batch, vectors, null, options, address);
    });
  }

  readonly remove = async (ids: string[]): Promise<void> => {
    const batch = { ids, documents: null, metadatas: null, embeddings: null };
    await this.write("delete", batch, null, null, {});
  };

  protected override toReembed(): ReembedTarget {
    return { ...super.toReembed(), embedderFor: (next) => this.embedderFor(next) };
  }

  private async embedderFor(next: EmbeddingFunction): Promise<Embed> {
    const { checkTextsOnly, embedAssembled } = await import("../objects/object-writes.js");
    checkTextsOnly(this.vectorName, this.settings);
    return async ({ ids, documents, metadatas }, options) => {
      const objects = ids.map((_, i) => {
        const document = documents?.[i] ?? "";
        const { title = "" } = JSON.parse(metadatas?.[i] ?? "{}");
        return { title, document, text: document.slice(title && title.length + 1) };
      });
      return {
        ids,
        documents,
        vectors: await embedAssembled(next, objects, this.settings, options),
      };
    };
  }

  /** The settings and the function as they are now. */
  get current() {
    return { configuration: this.info.configuration, embedder: () => this.embedder() };
  }

  onModel<T>(work: (model: number) => Promise<T>): Promise<T> {
    return this.withModel(({ model = 0 }) => work(model));
  }
}

/** The objects that have one of the vectors, as a collection in which they have no other. */
class VectorView<M extends Metadata> extends Collection<M> {
  constructor(
    engine: Engine<DatabaseMethods>,
    database: number,
    info: CollectionInfo,
    page: PageSide,
    private readonly part: VectorPart,
  ) {
    super(engine, database, info, undefined, page);
  }

  override get embeddingFunction(): EmbeddingFunction | undefined {
    return this.part.embeddingFunction;
  }

  override async reembed(...call: Parameters<Collection["reembed"]>): Promise<void> {
    await this.part.reembed(...call);
  }

  override async modify(params: ModifyParams, options: CallOptions = {}): Promise<void> {
    checkParams(params);
    const { configuration, ...rest } = params;
    if (Object.keys(rest).length > 0) {
      throw invalid("name and metadata are the collection's; change them there");
    }
    await this.part.modify(configuration ? { configuration } : {}, options);
    this.info = { ...this.info, configuration: viewed(this.info, this.part) };
  }

  protected override embedder(): EmbeddingFunction {
    return this.part.current.embedder();
  }

  protected override withModel<T>(
    work: (address: { database: number; collection: string; model?: number }) => Promise<T>,
  ): Promise<T> {
    return this.part.onModel((model) => work({ ...this.address(), model }));
  }
}

/** The settings of a vector, with the vectorizer by which its objects' properties are read. */
function viewed({ configuration }: CollectionInfo, part: VectorPart) {
  const { of: _, ...own } = part.current.configuration;
  const { vectorizer = {} } = configuration;
  return { ...own, vectorizer: withAllFields(vectorizer) };
}

/** A collection of objects with several vectors each. */
export class NamedCollection<M extends Metadata = Metadata> extends Collection<M> {
  /** @internal */
  constructor(
    engine: Engine<DatabaseMethods>,
    database: number,
    info: CollectionInfo,
    page: PageSide,
    private readonly parts: readonly VectorPart[],
  ) {
    super(engine, database, info, undefined, page);
  }

  override vector(name: string): Collection<M> {
    const part = this.parts.find(({ vectorName }) => vectorName === name);
    if (!part) {
      const names = this.parts.map(({ vectorName }) => vectorName).join(", ");
      throw invalid(`the vectors of "${this.name}" are ${names}; got ${shown(name)}`);
    }
    const view = new NamedView({ engine: this.engine, address: this.address() }, part.id, name);
    const info = { ...this.info, configuration: viewed(this.info, part) };
    return new VectorView<M>(view, this.database, info, this.page, part);
  }

  override get objects(): Objects {
    const source = () => ({
      engine: this.engine,
      address: this.address(),
      name: this.name,
      configuration: this.info.configuration,
      embedder: () => this.embedder(),
      write: (...write: Parameters<Collection["write"]>) => this.write(...write),
    });
    return new Objects(
      (work) => work(source()),
      async (operation, objects, options) => {
        const { writeNamedObjects } = await import("./named-writes.js");
        const target = { ...source(), parts: [...this.parts] };
        await writeNamedObjects(target, operation, objects, options);
      },
    );
  }

  override async get(params: GetParams = {}, options: CallOptions = {}): Promise<GetResult<M>> {
    const { include, call } = toGetCall(params);
    if (call.wanted.embeddings) throw this.several("get", "include embeddings");
    const sent = { ...this.address(), ...call };
    const records = await this.engine.call("db.collection.get", sent, options);
    const metadatas = records.metadatas?.map(withoutHiddenJson) ?? null;
    return new GetAnswer<M>({ ...records, metadatas }, include);
  }

  override async delete(
    params: DeleteParams,
    options: CallOptions = {},
  ): Promise<{ deleted: number }> {
    const { filter, limit, byCondition } = toDeletion(params);
    return inTurn(this.address().collection, async () => {
      throwIfAborted(options.signal);
      const source = { engine: this.engine, address: this.address() };
      const page = { offset: 0, limit, documents: false };
      const found = await readVersions(source, filter, options, page);
      const ids = byCondition ? found.ids : (filter.ids ?? []);
      const batch = { ids, documents: null, metadatas: null, embeddings: null };
      await this.write("delete", batch, null, null, options);
      const versions = found.ids.map((id, i) => [id, versionsOf(found.metadatas?.[i])] as const);
      for (const { vectorName: vector, remove } of this.parts) {
        const known = versions.filter(([, own]) => own[vector] !== undefined);
        // Nobody finds what is left.
        await remove(known.map(([id, own]) => vectorId(id, own[vector] as number))).catch(() => {});
      }
      return { deleted: ids.length };
    });
  }

  override async query(params: QueryParams, options: CallOptions = {}): Promise<QueryResult<M>> {
    checkParams(params);
    const { targetVector, ...query } = params;
    return this.target(targetVector, "query").query(query, options);
  }

  protected override async find(
    params: SearchParams | SearchExpression | SearchExpression[],
    options: CallOptions,
  ): Promise<SearchResult<M> | ExpressionResult<M>> {
    const { targetVector, mode, diversity, include } = params as SearchParams;
    // Words are the objects' own.
    const wordsOnly = mode === "keyword" && !diversity && !include?.includes("embeddings");
    if (wordsOnly && targetVector === undefined) {
      const found = (await super.find(params, options)) as SearchResult<M>;
      for (const row of found.rows) row.metadata = withoutHidden(row.metadata);
      return found;
    }
    if (targetVector === undefined) {
      return this.target(undefined, "search").search(params as SearchParams, options);
    }
    const { targetVector: _, ...search } = params as SearchParams;
    return this.vector(targetVector).search(search, options);
  }

  override async modify(params: ModifyParams, options: CallOptions = {}): Promise<void> {
    checkParams(params);
    if (params.configuration) throw this.several("modify", "change its configuration");
    await super.modify(params, options);
  }

  override async add(): Promise<never> {
    throw this.objectsOnly();
  }
  override async upsert(): Promise<never> {
    throw this.objectsOnly();
  }
  override async update(): Promise<never> {
    throw this.objectsOnly();
  }
  override async importHnswlib(): Promise<never> {
    throw this.objectsOnly();
  }
  override async exportHnswlib(): Promise<never> {
    throw this.several("exportHnswlib", "export");
  }
  override async reembed(): Promise<never> {
    throw this.several("reembed", "embed anew");
  }
  override async recall(...call: Parameters<Collection["recall"]>) {
    return this.target(undefined, "recall").recall(...call);
  }
  override async project(...call: Parameters<Collection["project"]>) {
    return this.target(undefined, "project").project(...call);
  }

  protected override get objectSettings(): VectorizerSettings | undefined {
    return withAllFields(this.info.configuration.vectorizer ?? {});
  }

  /** The vector that a call names, or the only one. */
  private target(name: string | undefined, method: string): Collection<M> {
    if (name !== undefined) return this.vector(name);
    const [only, ...others] = this.parts;
    if (only && others.length === 0) return this.vector(only.vectorName);
    throw this.several(method, "search by");
  }

  private several(method: string, what: string): PagevecError {
    const names = this.parts.map(({ vectorName }) => vectorName);
    return invalid(
      `the objects of "${this.name}" have the vectors ${names.join(", ")}; say which one to ${what}: collection.vector("${names[0]}").${method}()`,
    );
  }

  private objectsOnly(): PagevecError {
    return new PagevecError(
      "unsupported",
      `"${this.name}" has several vectors an object; write objects: collection.objects.add()`,
    );
  }
}

/** The collection with the collections of its vectors, which are made if they are missing. */
export async function openNamed<M extends Metadata>(
  engine: Engine<DatabaseMethods>,
  database: number,
  info: CollectionInfo,
  page: PageSide,
  given: GivenFunctions,
): Promise<NamedCollection<M>> {
  const { vectorizer, ...configuration } = info.configuration;
  checkFunctions(given, Object.keys(vectorizer?.vectors ?? {}));
  const known = await engine.call("db.parts", { database, collection: info.id });
  const parts: VectorPart[] = [];
  for (const [vector, { space = "l2", ...settings }] of Object.entries(vectorizer?.vectors ?? {})) {
    const name = partName(info.id, vector);
    const ef = functionFor(given, vector);
    const collection = {
      name,
      metadata: null,
      configuration: {
        ...configuration,
        hnsw: { ...configuration.hnsw, space },
        of: info.id,
      },
      embeddingFunction: storedForm(ef),
    };
    const part =
      known.find((each) => each.name === name) ??
      (await engine.call("db.create", { database, collection, orGet: true })).info;
    checkSameFunction(`${info.name}, vector ${vector}`, part.embeddingFunction, ef);
    parts.push(new VectorPart(engine, database, part, ef, page, { vector, settings }));
  }
  return new NamedCollection<M>(engine, database, info, page, parts);
}
