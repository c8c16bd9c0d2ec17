import { byId } from "./dom.js";
import { isAborted, plainWords } from "./messages.js";

/** The error box and the voice for screen readers. */
export class Status {
  private readonly live = byId("live");
  private readonly error = byId("error");

  constructor() {
    byId("error-dismiss").addEventListener("click", () => this.clearError());
  }

  /** Says a sentence to screen readers. */
  announce(sentence: string): void {
    this.live.textContent = sentence;
  }

  /** Shows what went wrong in plain words; what the page itself stopped is nothing to tell. */
  showError(error: unknown): void {
    if (isAborted(error)) return;
    console.error(error);
    byId("error-text").textContent = plainWords(error);
    this.error.hidden = false;
  }

  clearError(): void {
    this.error.hidden = true;
  }
}
