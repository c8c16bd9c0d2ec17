import type { Context } from "../../context.js";
import { byId } from "../../dom.js";
import { FILES, openFiles } from "../../files/collections.js";
import { FileJob } from "./file-job.js";
import { FileRow } from "./file-row.js";

/** The files that are in, and those that are on their way: one after another. */
export class FileList {
  private readonly list = byId("file-list");
  private readonly rows = new Map<string, FileRow>();
  private queue: Promise<void> = Promise.resolve();

  constructor(private readonly context: Context) {}

  /** Shows what is in the collection. */
  async open(): Promise<void> {
    const scope = this.context.shelf.scopes.find(({ name }) => name === FILES);
    const { metadatas } = (await scope?.collection.get({ include: ["metadatas"] })) ?? {};
    const counts = new Map<string, number>();
    for (const metadata of metadatas ?? []) {
      const file = String(metadata?.file ?? "");
      if (file) counts.set(file, (counts.get(file) ?? 0) + 1);
    }
    for (const [name, row] of this.rows) {
      if (row.kept && !counts.has(name)) this.drop(name);
    }
    for (const [name, records] of counts) this.row(name).showKept(records);
    this.showEmpty();
  }

  add(files: File[]): void {
    for (const file of files) {
      const row = this.row(file.name);
      row.stop();
      const job = new FileJob(file, this.context, row);
      row.take(job);
      // One after another: they share the model, and the first one is there sooner.
      this.queue = this.queue.then(() => job.run());
    }
    this.showEmpty();
  }

  /** The name, or one like it that no file has: a text that is pasted replaces no other. */
  freeName(name: string): string {
    let free = name;
    for (let number = 2; this.rows.has(free); number++) free = `${name} ${number}`;
    return free;
  }

  private row(name: string): FileRow {
    const known = this.rows.get(name);
    if (known) return known;
    const row = new FileRow(name, () => void this.remove(name));
    this.rows.set(name, row);
    this.list.append(row.element);
    return row;
  }

  private async remove(name: string): Promise<void> {
    const { shelf, status } = this.context;
    try {
      const files = await openFiles(this.context);
      await files.delete({ where: { file: name } });
      this.drop(name);
      status.announce(`${name} was removed`);
      shelf.changed();
    } catch (error) {
      status.showError(error);
    }
    this.showEmpty();
  }

  private drop(name: string): void {
    this.rows.get(name)?.element.remove();
    this.rows.delete(name);
  }

  private showEmpty(): void {
    byId("no-files").hidden = this.rows.size > 0;
  }
}
