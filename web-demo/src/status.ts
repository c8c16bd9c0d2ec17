import type { Client, Progress } from "pagevec";
import { byId } from "./dom.js";
import { megabytes, milliseconds } from "./format.js";
import { MODEL_NAME } from "./library.js";
import { isAborted, plainWords } from "./messages.js";
import type { TimedModel } from "./timed-model.js";

/** The panel "This page", the badge, the error box and the voice for screen readers. */
export class Status {
  private readonly live = byId("live");
  private readonly error = byId("error");
  private modelCached = false;

  constructor(private readonly model: TimedModel) {
    const showConnection = () => {
      const badge = byId("connection");
      badge.textContent = navigator.onLine ? "online" : "offline";
      badge.dataset.online = String(navigator.onLine);
    };
    addEventListener("online", showConnection);
    addEventListener("offline", showConnection);
    showConnection();
    byId("error-dismiss").addEventListener("click", () => this.clearError());
  }

  /** Says a sentence to screen readers. */
  announce(sentence: string): void {
    this.live.textContent = sentence;
  }

  showError(error: unknown): void {
    if (isAborted(error)) return;
    console.error(error);
    byId("error-text").textContent = plainWords(error);
    this.error.hidden = false;
    void this.showModel();
  }

  clearError(): void {
    this.error.hidden = true;
  }

  showDownload({ done, total, bytes }: Progress): void {
    if (this.modelCached) return; // it is only read from the cache
    const received = bytes ?? done;
    const bar = byId<HTMLProgressElement>("model-bar");
    bar.hidden = received >= total;
    bar.max = Math.max(1, total);
    bar.value = received;
    const size = bar.hidden ? "starting" : `${megabytes(received)} of ${megabytes(total)}`;
    byId("model-state").textContent = `${MODEL_NAME}, ${size}`;
  }

  /** @returns whether the model is on this machine */
  async showModel(): Promise<boolean> {
    this.modelCached = await this.model.isCached().catch(() => false);
    byId<HTMLProgressElement>("model-bar").hidden = true;
    byId("model-state").textContent = this.modelCached
      ? `${MODEL_NAME}, on this machine`
      : `${MODEL_NAME}, 23 MB, not downloaded yet`;
    return this.modelCached;
  }

  async showStorage(client: Client): Promise<void> {
    const { usage, persisted, problem } = await client.storage();
    const kept = persisted ? ", kept until you delete it" : "";
    byId("storage-state").textContent = `${megabytes(usage)} used${kept}`;
    if (problem) this.showError(new Error(problem));
  }

  /** The answers to the query that the page was opened with are there. */
  showOpening(): void {
    const state = byId("opening-state");
    const opened = performance.now();
    state.textContent = `first answers after ${milliseconds(opened)}`;
    state.dataset.ms = String(Math.round(opened));
  }
}
