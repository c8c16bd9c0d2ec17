import { type ImportedCollection, type ImportParams, PagevecError } from "pagevec";
import type { Context } from "../../context.js";
import { byId } from "../../dom.js";
import { showOthers } from "../../files/collections.js";
import { megabytes, plural } from "../../format.js";

/** Collections from a file: all of them, or none. */
export class ImportPanel {
  private readonly file = byId<HTMLInputElement>("import-file");
  private readonly exists = byId<HTMLSelectElement>("import-exists");
  private readonly start = byId<HTMLButtonElement>("import");
  private readonly cancel = byId<HTMLButtonElement>("import-cancel");
  private readonly bar = byId<HTMLProgressElement>("import-bar");
  private readonly note = byId("import-note");
  private controller: AbortController | undefined;

  /** @param onImported is called when collections have come in. */
  constructor(
    private readonly context: Context,
    private readonly onImported: () => Promise<void>,
  ) {
    this.start.addEventListener("click", () => void this.import());
    this.cancel.addEventListener("click", () => this.controller?.abort());
  }

  private async import(): Promise<void> {
    const file = this.file.files?.[0];
    if (!file) return this.file.focus();
    const controller = new AbortController();
    this.controller = controller;
    this.running(true);
    try {
      const imported = await this.read(file, controller.signal);
      this.note.textContent = imported.map(told).join("; ");
      if (!(await showOthers(this.context))) return location.reload();
      this.context.shelf.changed();
      await this.onImported();
    } catch (error) {
      this.note.textContent = controller.signal.aborted
        ? "stopped; nothing of it came in"
        : `Nothing of it came in: ${reason(error)}`;
    }
    this.controller = undefined;
    this.running(false);
  }

  private async read(file: File, signal: AbortSignal): Promise<ImportedCollection[]> {
    const { client } = this.context;
    const onProgress = ({ done, total }: { done: number; total: number }) => {
      this.bar.max = total;
      this.bar.value = done;
      this.note.textContent = `${megabytes(done)} of ${megabytes(total)}`;
    };
    const choice = this.exists.value;
    const params: ImportParams =
      choice === "rename"
        ? { rename: await this.newNames() }
        : { ifExists: choice as NonNullable<ImportParams["ifExists"]> };
    return client.import(file, params, { signal, onProgress });
  }

  /** For every name that is taken one that is not. */
  private async newNames(): Promise<Record<string, string>> {
    const names = (await this.context.client.listCollections()).map(({ name }) => name);
    return Object.fromEntries(
      names.map((name) => {
        let number = 2;
        while (names.includes(`${name}-${number}`)) number++;
        return [name, `${name}-${number}`];
      }),
    );
  }

  private running(running: boolean): void {
    this.start.disabled = running;
    this.cancel.hidden = !running;
    this.bar.hidden = !running;
    if (running) this.bar.value = 0;
  }
}

function told({ name, outcome, records }: ImportedCollection): string {
  return outcome === "skipped"
    ? `${name}: left out`
    : `${name}: ${plural(records ?? 0, "record")} ${outcome === "replaced" ? "in place of the old ones" : "imported"}`;
}

function reason(error: unknown): string {
  if (!(error instanceof PagevecError)) return String(error);
  if (error.code === "corrupt") return "it is damaged, or no file of pagevec's";
  if (error.code === "already_exists") return "a collection of that name is there already";
  return error.message.replace(/^pagevec: /, "");
}
