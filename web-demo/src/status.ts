import type { Client, Progress } from "pagevec";
import { byId } from "./dom.js";
import { megabytes, milliseconds } from "./format.js";
import { MODEL_NAME } from "./library.js";
import { isAborted, plainWords } from "./messages.js";

/** The panel "This page", the badge, the error box and the voice for screen readers. */
export class Status {
  private readonly live = byId("live");
  private readonly error = byId("error");

  constructor() {
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
  }

  clearError(): void {
    this.error.hidden = true;
  }

  showDownload({ done, total, bytes }: Progress): void {
    const received = bytes ?? done;
    const bar = byId<HTMLProgressElement>("model-bar");
    bar.hidden = received >= total;
    bar.max = Math.max(1, total);
    bar.value = received;
    if (bar.hidden) this.showModel(true);
    else {
      byId("model-state").textContent =
        `${MODEL_NAME}, ${megabytes(received)} of ${megabytes(total)}`;
    }
  }

  showModel(cached: boolean): void {
    byId("model-state").textContent = cached
      ? `${MODEL_NAME}, on this machine`
      : `${MODEL_NAME}, 23 MB, not downloaded yet`;
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
