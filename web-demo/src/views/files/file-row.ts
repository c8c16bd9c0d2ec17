import { make } from "../../dom.js";
import { plural } from "../../format.js";
import type { FileJob } from "./file-job.js";

export type FilePhase = "waiting" | "reading" | "embedding" | "kept" | "stopped" | "failed";

/** One file of the list: its name, how far it is, and what can be done with it. */
export class FileRow {
  readonly element = make("li", "file");
  private readonly note = make("p", "file-note numbers");
  private readonly bar = make("progress", "");
  private readonly button = make("button", "");
  private job: FileJob | undefined;

  constructor(
    name: string,
    private readonly onRemove: () => void,
  ) {
    const title = make("p", "file-name", name);
    this.bar.setAttribute("aria-label", name);
    this.bar.hidden = true;
    this.button.type = "button";
    this.button.addEventListener("click", () => (this.job ? this.stop() : this.onRemove()));
    const text = make("div", "file-text");
    text.append(title, this.note, this.bar);
    this.element.append(text, this.button);
    this.element.dataset.name = name;
    this.label("Remove");
  }

  get kept(): boolean {
    return this.element.dataset.phase === "kept";
  }

  /** A job begins. */
  take(job: FileJob): void {
    this.job = job;
    this.label("Cancel");
    this.show("waiting", "waiting");
  }

  stop(): void {
    this.job?.stop();
  }

  showKept(records: number): void {
    if (!this.job) this.show("kept", plural(records, "record"));
  }

  /** @param share 0 to 1, where it is known */
  show(phase: FilePhase, note: string, share?: number): void {
    this.element.dataset.phase = phase;
    this.note.textContent = note;
    this.bar.hidden = phase !== "reading" && phase !== "embedding";
    if (share === undefined) this.bar.removeAttribute("value");
    else this.bar.value = share;
  }

  /** The job is over. */
  release(job: FileJob): void {
    if (this.job !== job) return;
    this.job = undefined;
    this.label("Remove");
  }

  private label(text: string): void {
    this.button.textContent = text;
    this.button.setAttribute("aria-label", `${text} ${this.element.dataset.name}`);
  }
}
