import type { Collection, Metadata, Where } from "pagevec";
import type { Context } from "../../context.js";
import { type FileMetadata, openFiles } from "../../files/collections.js";
import { type ReadFile, readFile } from "../../files/read-file.js";
import { FileError } from "../../files/types.js";
import { count, duration, plural } from "../../format.js";
import { Indexer, type IndexingState, type Item } from "../../indexer.js";
import { plainWords } from "../../messages.js";
import type { FileRow } from "./file-row.js";

/** Records at a time: each is cut into some ten passages, and a stop waits for none of them. */
const BATCH_SIZE = 8;
/** Records whose ids are looked up at once. */
const PART_SIZE = 200;

/**
 * A file on its way into the collection. Its records are named by the hash of its bytes: what is in
 * already is not embedded again, however the last visit ended.
 */
export class FileJob {
  private readonly controller = new AbortController();
  private indexer: Indexer<Metadata> | undefined;

  constructor(
    private readonly file: File,
    private readonly context: Context,
    private readonly row: FileRow,
  ) {}

  stop(): void {
    this.controller.abort();
    this.indexer?.stop();
  }

  /** Ends in the row, whatever happens. */
  async run(): Promise<void> {
    const { status } = this.context;
    const { name } = this.file;
    try {
      await this.modelReady();
      const records = await this.bringIn();
      this.row.show("kept", records);
      status.announce(`${name} can be searched`);
    } catch (error) {
      if (this.controller.signal.aborted) this.row.show("stopped", "stopped; what is in stays in");
      else {
        const why = error instanceof FileError ? error.message : plainWords(error);
        this.row.show("failed", `Skipped: ${why}`);
        status.announce(`${name} was skipped: ${why}`);
      }
    } finally {
      this.row.release(this);
    }
  }

  /** The model is only downloaded when the visitor asks for it. */
  private async modelReady(): Promise<void> {
    const { model } = this.context;
    const { signal } = this.controller;
    if (model.ready || signal.aborted) return signal.throwIfAborted();
    this.row.show("waiting", "waiting for the model");
    await new Promise<void>((resolve, reject) => {
      const end = model.subscribe(() => {
        if (!model.ready) return;
        end();
        resolve();
      });
      signal.addEventListener("abort", () => {
        end();
        reject(signal.reason);
      });
    });
  }

  private async bringIn(): Promise<string> {
    const { signal } = this.controller;
    this.row.show("reading", "reading");
    const read = await readFile(this.file, signal, (sections) =>
      this.row.show("reading", `reading, ${plural(sections, "record")}`),
    );
    const files = await openFiles(this.context);
    await this.embed(files, read);
    signal.throwIfAborted();
    // What another version of the file has left.
    const { name } = this.file;
    const others: Where = { $and: [{ file: name }, { version: { $ne: read.hash } }] };
    await files.delete({ where: others });
    this.context.shelf.changed();
    return `${plural(read.sections.length, "record")} of ${read.kind}`;
  }

  private async embed(files: Collection<Metadata>, read: ReadFile): Promise<void> {
    let failure: unknown;
    const onState = (state: IndexingState) =>
      this.row.show("embedding", describe(state), state.done / Math.max(1, state.total));
    this.indexer = new Indexer(
      files,
      { onState, onError: (error) => (failure = error) },
      BATCH_SIZE,
    );
    await this.indexer.run(this.parts(read), read.sections.length);
    if (failure) throw failure;
  }

  private *parts({ sections, hash, kind }: ReadFile): Generator<Item<Metadata>[]> {
    const own: FileMetadata = { file: this.file.name, kind, version: hash };
    for (let start = 0; start < sections.length; start += PART_SIZE) {
      yield sections.slice(start, start + PART_SIZE).map(({ text, metadata }, i) => ({
        id: `${hash}:${start + i}`,
        document: text,
        metadata: { ...metadata, ...own },
      }));
    }
  }
}

function describe({ done, total, rate }: IndexingState): string {
  const parts = [`embedding, ${count(done)} of ${count(total)}`];
  if (rate > 0) parts.push(`${duration((total - done) / rate)} left`);
  return parts.join(" · ");
}
