import type { DatabaseMethods, WriteParams } from "../../database/methods.js";
import type { CallContext } from "../../engine/protocol.js";
import { PagevecError } from "../../errors.js";
import { badAnswer, fields } from "../../providers/client/failure.js";
import type { CallOptions } from "../../types.js";
import { bytesOfRow, inBatches, PartlyDone } from "../client/batches.js";
import { checkRows } from "../client/checks.js";
import { toWriteRows, type WriteRow } from "../client/rows.js";
import type { Classes, KeptCollection } from "./classes.js";
import { objectId } from "./names.js";
import { numberProperties, type StoredRecord, toObject } from "./objects.js";
import { IDS_A_REQUEST, type Reads } from "./reads.js";
import { type FoundObject, WEAVIATE } from "./wire.js";

/** Of one request to /v1/batch/objects; texts are in two properties, see objects.ts. */
const LIMIT = { records: 1000, bytes: 4 << 20, bytesOf: bytesOfRow(20, 2) };
const DELETIONS = { records: IDS_A_REQUEST, done: "deleted" } as const;

/** Writes of collections, each at one server. */
export class Writes {
  /** The place of the last new record. */
  private last = 0;

  constructor(
    private readonly classes: Classes,
    private readonly reads: Reads,
  ) {}

  write(params: WriteParams, context: CallContext): Promise<void> {
    return this.classes.inTurn(params.collection, async () => {
      const kept = await this.classes.fresh(params.collection, context);
      if (params.operation === "delete") return this.remove(kept, params.ids, context);
      const rows = toWriteRows(params);
      checkRows(params.operation, rows, kept.dimension);
      await this.store(kept, await this.merged(kept, params, rows, context), context);
    });
  }

  /** Deletes what meets the filter when the call's turn comes. */
  delete(
    params: DatabaseMethods["db.collection.delete"]["params"],
    context: CallContext,
  ): Promise<{ deleted: number }> {
    return this.classes.inTurn(params.collection, async () => {
      const kept = await this.classes.fresh(params.collection, context);
      const limit = params.limit ?? Number.POSITIVE_INFINITY;
      const found = await this.reads.select(kept, params, 0, limit, {}, context);
      const ids = found.map(({ key }) => key);
      await this.remove(kept, ids, context);
      return { deleted: ids.length };
    });
  }

  private async remove(kept: KeptCollection, ids: string[], context: CallContext): Promise<void> {
    await inBatches(ids, DELETIONS, context, async (batch) => {
      const uuids = batch.map(objectId);
      const where = { path: ["id"], operator: "ContainsAny", valueTextArray: uuids };
      const match = { class: kept.className, where };
      const answer = await this.classes.wire.send("batch/objects", "DELETE", { match }, context);
      const { failed } = fields(fields(answer).results);
      if (!failed) return;
      const refusal = refused(`could not delete ${failed} of ${batch.length} records`);
      throw new PartlyDone(refusal, batch.length - Number(failed));
    });
  }

  /** The records as they will be: what exists is merged with what is given. */
  private async merged(
    kept: KeptCollection,
    { operation }: WriteParams,
    rows: WriteRow[],
    call: CallOptions,
  ): Promise<StoredRecord[]> {
    const wanted = {
      documents: operation !== "add",
      metadatas: operation !== "add",
      embeddings: operation !== "add" && rows.some(({ vector }) => vector === null),
    };
    const ids = rows.map(({ id }) => id);
    const found = await this.reads.named(kept, ids, wanted, call);
    const before = new Map(found.map((object) => [object.key, object]));
    return rows.flatMap((row) => {
      const old = before.get(row.id);
      if (operation === "add" && old) return [];
      if (operation === "update" && !old) return [];
      return [old ? mergedRecord(old, row) : { ...row, place: this.nextPlace() }];
    });
  }

  /** Records of several clients are in the order of these clients' clocks. */
  private nextPlace(): number {
    this.last = Math.max(this.last + 1, Date.now() * 1000);
    return this.last;
  }

  private async store(
    kept: KeptCollection,
    records: StoredRecord[],
    context: CallContext,
  ): Promise<void> {
    if (records.length === 0) return;
    const numbers = records.flatMap(({ metadata }) => Object.keys(numberProperties(metadata)));
    await this.classes.addNumbers(kept, numbers, context);
    const dimension = records.find(({ vector }) => vector)?.vector?.length ?? 0;
    if (kept.dimension === 0 && dimension > 0) {
      await this.classes.setDimension(kept.id, dimension, context);
    }
    await inBatches(records, LIMIT, context, (batch) => this.storeBatch(kept, batch, context));
  }

  /** @throws PartlyDone naming a record that was not written */
  private async storeBatch(
    { className }: KeptCollection,
    batch: StoredRecord[],
    call: CallOptions,
  ): Promise<void> {
    const objects = batch.map((record) => toObject(className, record));
    const answer = await this.classes.wire.send("batch/objects", "POST", { objects }, call);
    if (!Array.isArray(answer) || answer.length !== batch.length) {
      throw badAnswer(WEAVIATE, "no result for each object of a batch");
    }
    const results = answer.map((object) => fields(fields(object).result));
    const failed = results.findIndex(({ status }) => status !== "SUCCESS");
    if (failed === -1) return;
    const { error } = fields(results[failed]?.errors);
    const reason = fields(Array.isArray(error) ? error[0] : undefined).message;
    const written = results.filter(({ status }) => status === "SUCCESS").length;
    const refusal = refused(`refused the record ${JSON.stringify(batch[failed]?.id)}: ${reason}`);
    throw new PartlyDone(refusal, written);
  }
}

function refused(problem: string): PagevecError {
  return new PagevecError("provider_failed", `weaviate ${problem}`, {
    provider: { provider: WEAVIATE.name, status: 200, retryable: false },
  });
}

function mergedRecord(old: FoundObject, row: WriteRow): StoredRecord {
  const metadata = old.metadata ? JSON.parse(old.metadata) : null;
  return {
    id: row.id,
    place: old.place,
    document: row.document ?? old.document ?? null,
    metadata: row.metadata || metadata ? { ...metadata, ...row.metadata } : null,
    vector: row.vector ?? old._additional?.vector ?? null,
  };
}
