import type { Context } from "../../context.js";
import { byId } from "../../dom.js";
import { megabytes } from "../../format.js";

const ALL = "";

/** A collection, or all of them, as a file on the visitor's disk. */
export class ExportPanel {
  private readonly what = byId<HTMLSelectElement>("export-what");
  private readonly start = byId<HTMLButtonElement>("export");
  private readonly cancel = byId<HTMLButtonElement>("export-cancel");
  private readonly bar = byId<HTMLProgressElement>("export-bar");
  private readonly note = byId("export-note");
  private controller: AbortController | undefined;

  constructor(private readonly context: Context) {
    this.start.addEventListener("click", () => void this.export());
    this.cancel.addEventListener("click", () => this.controller?.abort());
    context.shelf.subscribe((change) => change === "list" && this.list());
    this.list();
  }

  private list(): void {
    const chosen = this.what.value;
    const { scopes, current } = this.context.shelf;
    const options = scopes.map(({ title, name }) => new Option(title, name));
    this.what.replaceChildren(...options, new Option("All of them", ALL));
    this.what.value = scopes.some(({ name }) => name === chosen) ? chosen : current.name;
  }

  private async export(): Promise<void> {
    const name = this.what.value;
    const controller = new AbortController();
    this.controller = controller;
    this.running(true);
    try {
      const collections = name === ALL ? undefined : [name];
      const call = { signal: controller.signal };
      const file = await this.collect(await this.context.client.export({ collections }, call));
      save(file, `${name === ALL ? "playground" : name}.pagevec`);
      this.note.textContent = `${megabytes(file.size)} saved`;
    } catch (error) {
      this.note.textContent = controller.signal.aborted ? "stopped" : "";
      if (!controller.signal.aborted) this.context.status.showError(error);
    }
    this.controller = undefined;
    this.running(false);
  }

  /** How large it becomes is known at the end, so the bar only says that it goes on. */
  private async collect(stream: ReadableStream<Uint8Array>): Promise<Blob> {
    let received = 0;
    const counted = stream.pipeThrough(
      new TransformStream<Uint8Array, Uint8Array>({
        transform: (chunk, controller) => {
          received += chunk.byteLength;
          this.note.textContent = megabytes(received);
          controller.enqueue(chunk);
        },
      }),
    );
    // The browser keeps large Blobs on the disk.
    return new Response(counted).blob();
  }

  private running(running: boolean): void {
    this.start.disabled = running;
    this.cancel.hidden = !running;
    this.bar.hidden = !running;
  }
}

function save(file: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  // The download has begun by then.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
