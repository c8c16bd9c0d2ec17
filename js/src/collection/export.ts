// Loaded with the first export.
import type { DatabaseMethods } from "../database/methods.js";
import type { Engine } from "../engine/protocol.js";
import { throwIfAborted } from "../errors.js";
import type { CallOptions } from "../types.js";
import { checkCollectionName } from "./validate.js";

/** Which collections to export. */
export interface ExportParams {
  /** Names; default all. */
  collections?: string[];
}

/**
 * A file of collections as a stream. The worker reads on when the stream is read: never more than a block
 * is in memory, about 4 MiB where no document is larger.
 * @throws not_found
 */
export async function exportFile(
  engine: Engine<DatabaseMethods>,
  collections: { database: number; collection: string | null },
  names: string[] | null,
  options: CallOptions,
): Promise<ReadableStream<Uint8Array>> {
  const { signal } = options;
  names?.forEach(checkCollectionName);
  const { transfer } = await engine.call("db.export", { ...collections, names }, options);
  const address = { database: collections.database, transfer };
  const end = () => engine.call("db.transfer.end", address).catch(() => {});
  let stop = () => {};
  const over = () => signal?.removeEventListener("abort", stop);
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        stop = () => {
          try {
            throwIfAborted(signal);
          } catch (error) {
            controller.error(error);
            void end();
          }
        };
        signal?.addEventListener("abort", stop, { once: true });
        if (signal?.aborted) stop();
      },
      async pull(controller) {
        try {
          const chunk = await engine.call("db.export.next", address, options);
          if (chunk) return controller.enqueue(chunk);
          controller.close();
        } catch (error) {
          controller.error(error);
        }
        over();
        await end();
      },
      async cancel() {
        over();
        await end();
      },
    },
    { highWaterMark: 0 },
  );
}
