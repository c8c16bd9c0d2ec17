import type { CallContext } from "../../engine/protocol.js";
import { PagevecError } from "../../errors.js";
import type { WriteRow } from "./rows.js";

/** What goes into one request. */
export interface BatchLimit {
  records: number;
  /** At most, about. */
  bytes: number;
  /** That a number of a vector takes: 6 as base64, 20 as text (default). */
  bytesANumber?: number;
}

/**
 * Sends rows in as few requests as the limit allows, one after another. Of one request a server takes
 * all or nothing; of several those before a failure stay, and the error says how many records these are.
 * onProgress: stage "write", when there are several.
 */
export async function inBatches(
  rows: readonly WriteRow[],
  limit: BatchLimit,
  context: CallContext,
  send: (rows: WriteRow[]) => Promise<unknown>,
): Promise<void> {
  const total = rows.length;
  let done = 0;
  for (const batch of batches(rows, limit)) {
    await send(batch).catch((cause) => {
      throw done === 0 ? cause : brokenOff(cause, done, total);
    });
    done += batch.length;
    if (batch.length < total) context.progress({ stage: "write", done, total });
  }
}

function* batches(rows: readonly WriteRow[], { records, bytes, bytesANumber = 20 }: BatchLimit) {
  let batch: WriteRow[] = [];
  let size = 0;
  for (const row of rows) {
    const more = sizeOf(row, bytesANumber);
    if (batch.length === records || (batch.length > 0 && size + more > bytes)) {
      yield batch;
      batch = [];
      size = 0;
    }
    batch.push(row);
    size += more;
  }
  if (batch.length > 0) yield batch;
}

function sizeOf({ id, document, metadata, vector }: WriteRow, bytesANumber: number): number {
  const texts = utf8Length(id) + utf8Length(document ?? "");
  const json = metadata ? utf8Length(JSON.stringify(metadata)) : 0;
  return texts + json + bytesANumber * (vector?.length ?? 0);
}

/** At most. */
function utf8Length(text: string): number {
  return /^[\0-\x7f]*$/.test(text) ? text.length : 3 * text.length;
}

function brokenOff(cause: unknown, done: number, total: number): unknown {
  if (!(cause instanceof PagevecError)) return cause;
  const { code, message, provider } = cause;
  return new PagevecError(
    code,
    `${message}; the first ${done} of ${total} records were written before that, the others were not`,
    { cause, ...(provider && { provider }) },
  );
}
