// Loaded with the first export or import.
import type { CallContext } from "../engine/protocol.js";
import { ExportRun, noSuchTransfer } from "./archive-export.js";
import { ImportRun } from "./archive-import.js";
import type { Database, Transfer } from "./database.js";
import type { TransferMethods } from "./methods.js";

let started = 0;

type Calls = {
  [K in keyof TransferMethods]: (
    database: Database,
    params: TransferMethods[K]["params"],
    context: CallContext,
  ) => Promise<TransferMethods[K]["result"]>;
};

/** What these methods do with their database. */
export const transfers: Calls = {
  "db.export": async (database, params) => begin(database, await ExportRun.start(database, params)),
  "db.export.next": async (database, { transfer }, context) =>
    found(database, transfer, ExportRun).next(context),
  "db.import": async (database, { plan }) => begin(database, new ImportRun(database, plan)),
  "db.import.push": async (database, { transfer, chunks }) =>
    found(database, transfer, ImportRun).push(chunks),
  "db.import.commit": async (database, { transfer }) =>
    found(database, transfer, ImportRun).commit(),
  "db.transfer.end": async (database, { transfer }) => {
    const run = database.transfers.get(transfer);
    database.transfers.delete(transfer);
    await run?.end();
    return null;
  },
};

function begin(database: Database, run: Transfer): { transfer: number } {
  database.transfers.set(++started, run);
  return { transfer: started };
}

function found<T extends Transfer>(
  database: Database,
  transfer: number,
  Kind: new (...args: never[]) => T,
): T {
  const run = database.transfers.get(transfer);
  if (run instanceof Kind) return run;
  throw noSuchTransfer();
}
