import type { CallContext } from "../../engine/protocol.js";
import { PagevecError } from "../../errors.js";
import { splitBatches } from "../../providers/client/batches.js";
import { withNote } from "./notes.js";
import type { WriteRow } from "./rows.js";

/** What goes into one request. */
export interface BatchLimit<T> {
  records: number;
  /** At most, about; default: any number. A record is never cut. */
  bytes?: number;
  /** Of one record; only asked where there is a limit. Default 0. */
  bytesOf?: (record: T) => number;
  /** What becomes of the records, for errors. Default "written". */
  done?: "written" | "deleted";
}

/** Of one request some records were done, and others refused. */
export class PartlyDone extends Error {
  constructor(
    readonly refusal: PagevecError,
    readonly count: number,
  ) {
    super(refusal.message, { cause: refusal });
  }
}

/**
 * Sends records in as few requests as the limit allows, one after another. What was done before a failure
 * stays, and the error says of how many records that is. onProgress: stage "write", when there are several.
 * @param send rejects with PartlyDone where a request is not taken whole or not at all
 */
export async function inBatches<T>(
  records: readonly T[],
  { records: count, bytes, bytesOf = () => 0, done: verb = "written" }: BatchLimit<T>,
  context: CallContext,
  send: (records: T[]) => Promise<unknown>,
): Promise<void> {
  const total = records.length;
  let done = 0;
  const limits = { count, ...(bytes !== undefined && { tokens: bytes }) };
  for (const batch of splitBatches(records, limits, bytesOf)) {
    await send(batch).catch((cause) => {
      throw brokenOff(cause, done, `of ${total} records were ${verb}`);
    });
    done += batch.length;
    if (batch.length < total) context.progress({ stage: "write", done, total });
  }
}

type Sized = Pick<WriteRow, "id" | "document" | "metadata"> & { vector: ArrayLike<number> | null };

/**
 * Bytes that a record takes in JSON, at most.
 * @param aNumber of a vector: 6 as base64, 20 as text
 * @param copies of its texts
 */
export function bytesOfRow(aNumber = 20, copies = 1): (row: Sized) => number {
  return ({ id, document, metadata, vector }) => {
    const texts = utf8Length(id) + utf8Length(document ?? "");
    const json = metadata ? utf8Length(JSON.stringify(metadata)) : 0;
    return copies * (texts + json) + aNumber * (vector?.length ?? 0);
  };
}

/** At most. */
function utf8Length(text: string): number {
  return /^[\0-\x7f]*$/.test(text) ? text.length : 3 * text.length;
}

/** The failure with how far the call came. Of a lost answer nobody knows whether its request was done. */
function brokenOff(cause: unknown, before: number, ofRecords: string): unknown {
  if (cause instanceof PartlyDone) {
    return withNote(cause.refusal, `${before + cause.count} ${ofRecords}`);
  }
  if (!(cause instanceof PagevecError) || before === 0) return cause;
  return withNote(cause, `the first ${before} ${ofRecords} before that`);
}
