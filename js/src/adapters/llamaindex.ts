// The package's subpath `llamaindex`: collections and models as LlamaIndex.TS has them, by the classes of
// @llamaindex/core 0.6.

import { BaseEmbedding, getTopKMMREmbeddings } from "@llamaindex/core/embeddings";
import { type BaseNode, MetadataMode } from "@llamaindex/core/schema";
import {
  BaseVectorStore,
  type MetadataFilter,
  type MetadataFilters,
  metadataDictToNode,
  nodeToMetadata,
  type VectorStoreQuery,
  type VectorStoreQueryResult,
} from "@llamaindex/core/vector-store";
import { invalid } from "../collection/validate.js";
import type { Collection } from "../collection.js";
import { PagevecError } from "../errors.js";
import type { EmbeddingFunction, Row, Vector, Where } from "../types.js";
import { type AdoptedModelOptions, adopted, embed } from "./embeddings.js";
import { flatten, unflatten } from "./nested-metadata.js";
import { replaceRecords } from "./replace-records.js";

export interface PagevecVectorStoreParams {
  collection: Collection;
  /** Default: the collection's embedding function, else LlamaIndex's Settings.embedModel. */
  embedModel?: BaseEmbedding;
}

/**
 * A collection as a vector store: a node is a record, its text the document. Similarities are
 * 1 - distance, larger is better. Metadata may be any JSON; what is nested is filtered by its path.
 */
export class PagevecVectorStore extends BaseVectorStore<Collection> {
  readonly storesText = true;
  private readonly collection: Collection;

  constructor({ collection, embedModel }: PagevecVectorStoreParams) {
    const { embeddingFunction } = collection;
    super({
      embedModel: embedModel ?? (embeddingFunction && new PagevecEmbedding({ embeddingFunction })),
    });
    this.collection = collection;
  }

  client(): Collection {
    return this.collection;
  }

  /**
   * Adds nodes by their embeddings; those whose ids are there already are replaced.
   * @returns the nodes' ids
   * @throws invalid_argument, duplicate_id, dimension_mismatch, not_finite, quota_exceeded, conflict
   */
  async add(nodes: BaseNode[]): Promise<string[]> {
    const ids = nodes.map(({ id_ }) => id_);
    const bare = nodes.findIndex(({ embedding }) => !embedding);
    if (bare !== -1) throw invalid(`nodes[${bare}] has no embedding; embed it first`);
    await replaceRecords(this.collection, {
      ids,
      embeddings: nodes.map(({ embedding }) => embedding as number[]),
      documents: nodes.map((node) => node.getContent(MetadataMode.NONE)),
      metadatas: nodes.map((node, i) =>
        flatten(nodeToMetadata(node, true), `nodes[${i}].metadata`),
      ),
    });
    return ids;
  }

  /** Deletes the nodes that were made of a document. */
  async delete(refDocId: string): Promise<void> {
    await this.collection.delete({ where: { ref_doc_id: refDocId } });
  }

  /**
   * By the query's mode: "default" by vector, "sparse" by keywords, "hybrid" and "semantic_hybrid" by
   * both (alpha is the vectors' weight), "mmr" as LlamaIndex's own function chooses among the nearest.
   * @throws unsupported for other modes, and for the filters text_match and is_empty
   */
  async query(query: VectorStoreQuery): Promise<VectorStoreQueryResult> {
    const { mode, similarityTopK: limit } = query;
    const where = toWhere(query);
    if (mode === "default") return this.nearest(embeddingOf(query), limit, where);
    if (mode === "mmr") return this.diverse(query, where);
    if (mode !== "sparse" && mode !== "hybrid" && mode !== "semantic_hybrid") {
      throw new PagevecError("unsupported", `there is no query mode ${mode}; take hybrid or mmr`);
    }
    const { rows } = await this.collection.search({
      text: query.queryStr,
      embedding: mode === "sparse" ? undefined : embeddingOf(query),
      mode: mode === "sparse" ? "keyword" : "hybrid",
      alpha: query.alpha,
      limit,
      where,
    });
    const similarities = rows.map(({ score }) => score);
    return { nodes: rows.map(toNode), ids: rows.map(({ id }) => id), similarities };
  }

  private async nearest(embedding: Vector, nResults: number, where?: Where) {
    const found = await this.collection.query({ queryEmbeddings: [embedding], nResults, where });
    const rows = found.rows()[0] ?? [];
    const similarities = rows.map(({ distance }) => 1 - (distance as number));
    return { nodes: rows.map(toNode), ids: rows.map(({ id }) => id), similarities };
  }

  private async diverse(query: VectorStoreQuery, where?: Where) {
    const { similarityTopK, mmrThreshold } = query;
    const embedding = embeddingOf(query);
    const found = await this.collection.query({
      queryEmbeddings: [embedding],
      nResults: Math.max(20, 4 * similarityTopK),
      where,
      include: ["documents", "metadatas", "embeddings"],
    });
    const rows = found.rows()[0] ?? [];
    const vectors = (found.embeddings[0] ?? []).map((vector) => Array.from(vector));
    const places = rows.map((_, i) => i);
    const [similarities, chosen] = getTopKMMREmbeddings(
      embedding,
      vectors,
      null,
      similarityTopK,
      places,
      null,
      mmrThreshold,
    ) as unknown as [number[], number[]];
    const taken = chosen.map((place) => rows[place] as Row);
    return { nodes: taken.map(toNode), ids: taken.map(({ id }) => id), similarities };
  }
}

function embeddingOf({ queryEmbedding, mode }: VectorStoreQuery): number[] {
  if (queryEmbedding) return queryEmbedding;
  throw invalid(`a query of mode ${mode} needs a queryEmbedding`);
}

function toNode({ document, metadata }: Row): BaseNode {
  const node = metadataDictToNode(unflatten(metadata), { fallback: {} });
  node.setContent(document ?? "");
  return node;
}

function toWhere({ filters, docIds }: VectorStoreQuery): Where | undefined {
  const ofDocuments: Where[] = docIds ? [{ doc_id: { $in: docIds } }] : [];
  const byMetadata = filters ? filterOf(filters) : undefined;
  return joined("$and", byMetadata ? [byMetadata, ...ofDocuments] : ofDocuments);
}

function filterOf({ filters, condition = "and" }: MetadataFilters): Where | undefined {
  return joined(condition === "or" ? "$or" : "$and", filters.map(conditionOf));
}

/** $and and $or join two conditions at least. */
function joined(operator: "$and" | "$or", conditions: Where[]): Where | undefined {
  if (conditions.length < 2) return conditions[0];
  return { [operator]: conditions } as Where;
}

const OPERATORS: Partial<Record<MetadataFilter["operator"], string>> = {
  "==": "$eq",
  "!=": "$ne",
  ">": "$gt",
  ">=": "$gte",
  "<": "$lt",
  "<=": "$lte",
  in: "$in",
  nin: "$nin",
  contains: "$contains",
};

function conditionOf({ key, value, operator }: MetadataFilter): Where {
  if (operator === "any" || operator === "all") {
    const items = Array.isArray(value) ? value : [];
    const each = items.map((item) => ({ [key]: { $contains: item } }));
    const condition = joined(operator === "any" ? "$or" : "$and", each);
    if (condition) return condition;
    throw invalid(`the filter "${operator}" of ${key} needs a list of values that is not empty`);
  }
  const name = OPERATORS[operator];
  if (name) return { [key]: { [name]: value } } as unknown as Where;
  throw new PagevecError("unsupported", `there is no filter "${operator}", which ${key} has`);
}

/** An embedding function, such as miniLM(), as LlamaIndex's embedding. */
export class PagevecEmbedding extends BaseEmbedding {
  readonly embeddingFunction: EmbeddingFunction;

  /** @param params.embedBatchSize texts a call, 100 unless told; progress is told between calls */
  constructor(params: { embeddingFunction: EmbeddingFunction; embedBatchSize?: number }) {
    super();
    this.embeddingFunction = params.embeddingFunction;
    this.embedBatchSize = params.embedBatchSize ?? 100;
  }

  override getTextEmbeddings = (texts: string[]): Promise<number[][]> =>
    embed(this.embeddingFunction, texts, "documents");

  override async getTextEmbedding(text: string): Promise<number[]> {
    return (await this.getTextEmbeddings([text]))[0] as number[];
  }

  /** null for what is no text. */
  override async getQueryEmbedding(
    query: Parameters<BaseEmbedding["getQueryEmbedding"]>[0],
  ): Promise<number[] | null> {
    if (query.type !== "text") return null;
    return (await embed(this.embeddingFunction, [query.text], "queries"))[0] ?? null;
  }
}

/** LlamaIndex's embedding as an embedding function; PagevecEmbedding becomes what it was made of. */
export function fromEmbedding(
  model: BaseEmbedding,
  options: AdoptedModelOptions = {},
): EmbeddingFunction {
  if (model instanceof PagevecEmbedding) return model.embeddingFunction;
  return adopted(
    options,
    (texts) => model.getTextEmbeddingsBatch(texts),
    async (text) => {
      const vector = await model.getQueryEmbedding({ type: "text", text });
      return vector ?? model.getTextEmbedding(text);
    },
  );
}
