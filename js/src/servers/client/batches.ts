import type { CallContext } from "../../engine/protocol.js";
import { PagevecError } from "../../errors.js";
import type { WriteRow } from "./rows.js";

/** What goes into one request. */
export interface BatchLimit {
  records: number;
  /** As JSON, about. */
  bytes: number;
}

/** A number of a vector as text, a digit of base64 and what stands between. */
const BYTES_A_NUMBER = 12;

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

function* batches(rows: readonly WriteRow[], { records, bytes }: BatchLimit) {
  let batch: WriteRow[] = [];
  let size = 0;
  for (const row of rows) {
    const more = sizeOf(row);
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

function sizeOf({ id, document, metadata, vector }: WriteRow): number {
  const texts = id.length + (document?.length ?? 0);
  const json = metadata ? JSON.stringify(metadata).length : 0;
  return texts + json + BYTES_A_NUMBER * (vector?.length ?? 0);
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
