import type {
  CollectionAddress,
  Hits,
  QueryParamsFlat,
  RecordFilter,
  Wanted,
  WriteParams,
} from "../../database/methods.js";
import type { CallContext } from "../../engine/protocol.js";
import type { WireRequest } from "../../providers/client/http.js";
import { toBase64 } from "../../providers/client/media.js";
import { type BatchLimit, bytesOfRow, inBatches } from "../client/batches.js";
import { searchByVectors } from "../client/by-vectors.js";
import { checkDimension, checkQueries, checkRows } from "../client/checks.js";
import { diversify } from "../client/diversity.js";
import {
  type Row,
  toHits,
  toRecords,
  toWriteRows,
  vectorsOf,
  type WriteRow,
} from "../client/rows.js";
import type { ServerMethods } from "../server-engine.js";
import { CHROMA, type ChromaApi, type Subject } from "./api.js";
import type { ChromaCollections } from "./collections.js";
import { toChromaFilter } from "./where.js";

/** Below the 40 MiB that the server takes unless told (max_payload_size_bytes). */
const MOST_BYTES = 30 * 2 ** 20;

/** Columns of records; those that were not asked for are null. */
interface Columns {
  ids: string[];
  documents: (string | null)[] | null;
  metadatas: (object | null)[] | null;
  embeddings: number[][] | null;
}

type ColumnsOfQueries = { [K in keyof Columns]: Columns[K][] | null } & {
  ids: string[][];
  distances: number[][];
};

/** The calls about the records of a collection. */
export class ChromaRecords {
  constructor(
    private readonly api: ChromaApi,
    private readonly collections: ChromaCollections,
  ) {}

  methods(): ServerMethods {
    return {
      "db.collection.status": async ({ collection: id }, context) => {
        const path = `/collections/${id}/count`;
        const [count, dimension] = await Promise.all([
          this.api.ask({ method: "GET", path }, { id }, context) as Promise<number>,
          this.collections.dimension(id, context),
        ]);
        return { count, dimension, pending: 0 };
      },
      "db.collection.contains": async ({ collection, ids }, context) => {
        const known = await this.known(collection, ids, context);
        return Uint8Array.from(ids, (id) => Number(known.has(id)));
      },
      "db.collection.write": async (params, context) => {
        await this.write(params, context);
        return null;
      },
      "db.collection.delete": async ({ collection, limit, ...filter }, context) => {
        const body = { ...toChromaFilter(filter), limit };
        const answer = await this.post(collection, "delete", body, context, { once: true });
        return answer as { deleted: number };
      },
      "db.collection.get": async (params, context) => {
        const { collection, offset, limit, wanted, ...filter } = params;
        const body = { ...toChromaFilter(filter), offset, limit, include: columnsOf(wanted) };
        const columns = (await this.post(collection, "get", body, context)) as Columns;
        return toRecords(rowsOf(columns), wanted);
      },
      "db.collection.query": (params, context) => this.query(params, context),
      "db.collection.search": (params, context) =>
        searchByVectors(CHROMA.name, params, (query) => this.query(query, context)),
      "db.collection.diversify": async ({ collection, ids, ...wishes }, context) => {
        const body = { ids, include: ["embeddings"] };
        const found = (await this.post(collection, "get", body, context)) as Columns;
        const vectors = new Map(
          rowsOf(found).map(({ id, vector }) => [id, Float32Array.from(vector ?? [])]),
        );
        return diversify(
          ids.map((id) => vectors.get(id)),
          wishes,
        );
      },
    };
  }

  private post(
    id: string,
    path: string,
    body: object,
    context: CallContext,
    { once, owner }: Pick<WireRequest, "once"> & Pick<Subject, "owner"> = {},
  ): Promise<unknown> {
    const request = { path: `/collections/${id}/${path}`, body, once };
    return this.api.ask(request, { id, owner }, context);
  }

  /** Those of the ids that are there. */
  private async known(
    collection: string,
    ids: string[],
    context: CallContext,
  ): Promise<Set<string>> {
    const known = new Set<string>();
    for (let at = 0; at < ids.length; at += this.api.maxBatchSize) {
      const body = { ids: ids.slice(at, at + this.api.maxBatchSize), include: [] };
      const found = (await this.post(collection, "get", body, context)) as Columns;
      for (const id of found.ids) known.add(id);
    }
    return known;
  }

  private async write(params: WriteParams, context: CallContext): Promise<void> {
    const { operation, collection, dimension } = params;
    let rows = toWriteRows(params);
    // Of which dimension the collection is the server knows.
    checkRows(operation, rows, 0);
    // Of unknown ids the server (1.5.9) would put vectors into its index, where a later add does not replace them.
    if (operation === "update" && dimension > 0) {
      rows = await this.knownRows(rows, collection, context);
    }
    const limit: BatchLimit<WriteRow> = {
      records: this.api.maxBatchSize,
      bytes: MOST_BYTES,
      bytesOf: bytesOfRow(this.api.takesBase64 ? 6 : 20),
      done: operation === "delete" ? "deleted" : "written",
    };
    await inBatches(rows, limit, context, (batch) => {
      const ids = batch.map(({ id }) => id);
      const body = operation === "delete" ? { ids } : { ids, ...this.columns(batch) };
      return this.post(collection, operation, body, context);
    });
  }

  private async knownRows(
    rows: WriteRow[],
    collection: string,
    context: CallContext,
  ): Promise<WriteRow[]> {
    const ids = rows.map(({ id }) => id);
    const known = await this.known(collection, ids, context);
    const kept = rows.filter(({ id }) => known.has(id));
    if (kept.length > 0) return kept;
    checkDimension(rows, await this.collections.dimension(collection, context));
    return [];
  }

  private columns(rows: WriteRow[]) {
    const encode = ({ vector }: WriteRow) =>
      vector && (this.api.takesBase64 ? toBase64(vector) : Array.from(vector));
    const column = <T>(list: (T | null)[]) => (list.every((item) => item === null) ? null : list);
    return {
      embeddings: column(rows.map(encode)),
      documents: column(rows.map(({ document }) => document)),
      metadatas: column(rows.map(({ metadata }) => metadata)),
    };
  }

  private async query(params: QueryParamsFlat, context: CallContext): Promise<Hits> {
    const { collection, queries, dimension, nResults, efSearch, wanted, ...filter } = params;
    this.collections.checkEfSearch(collection, efSearch);
    const vectors = vectorsOf(queries, dimension);
    checkQueries(vectors, 0);
    const body = {
      query_embeddings: vectors.map((vector) => Array.from(vector)),
      // For none the server (1.5.9) breaks off the connection when records were deleted before.
      n_results: Math.max(1, nResults),
      include: [...columnsOf(wanted), "distances"],
      ...toChromaFilter(await this.withKnownIds(params, filter, context)),
    };
    const about = { owner: "the query" };
    const answer = await this.post(collection, "query", body, context, about);
    const found = answer as ColumnsOfQueries;
    return toHits(
      found.ids.map((_, q) => nearest(found, q).slice(0, nResults)),
      wanted,
    );
  }

  /** A query that names an id that is not there fails inside the server (1.5.9). */
  private async withKnownIds(
    { collection }: CollectionAddress,
    filter: RecordFilter,
    context: CallContext,
  ): Promise<RecordFilter> {
    if (filter.ids === null) return filter;
    const known = await this.known(collection, filter.ids, context);
    return { ...filter, ids: [...known] };
  }
}

function columnsOf(wanted: Wanted): string[] {
  return Object.entries(wanted).flatMap(([column, asked]) => (asked ? [column] : []));
}

function rowsOf({ ids, documents, metadatas, embeddings }: Columns): Row[] {
  return ids.map((id, i) => ({
    id,
    document: documents?.[i],
    metadata: metadatas?.[i],
    vector: embeddings?.[i],
  }));
}

function nearest({ distances, ...columns }: ColumnsOfQueries, q: number) {
  const { ids, documents, metadatas, embeddings } = columns;
  const one = {
    ids: ids[q] as string[],
    documents: documents?.[q] ?? null,
    metadatas: metadatas?.[q] ?? null,
    embeddings: embeddings?.[q] ?? null,
  };
  return rowsOf(one).map((row, i) => ({ ...row, distance: distances[q]?.[i] as number }));
}
