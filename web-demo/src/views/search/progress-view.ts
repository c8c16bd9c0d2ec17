import { byId } from "../../dom.js";
import { count, duration } from "../../format.js";
import type { IndexingState } from "../../indexer.js";

/** A progress bar with a line of text: how much, how fast, how long still. */
export class ProgressView {
  private readonly box: HTMLElement;
  private readonly bar: HTMLProgressElement;
  private readonly text: HTMLElement;

  /** @param prefix of the ids: `<prefix>-progress` holds `<prefix>-bar` and `<prefix>-text`. */
  constructor(prefix: string) {
    this.box = byId(`${prefix}-progress`);
    this.bar = byId(`${prefix}-bar`);
    this.text = byId(`${prefix}-text`);
  }

  show(state: IndexingState): void {
    this.box.hidden = state.phase === "idle";
    this.bar.max = Math.max(1, state.total);
    this.bar.value = state.done;
    this.text.textContent = describe(state);
  }

  hide(): void {
    this.box.hidden = true;
  }
}

function describe({ phase, done, total, rate, seconds }: IndexingState): string {
  const parts = [`${count(done)} of ${count(total)}`];
  if (phase === "running" && rate === 0) parts.push("getting the model ready");
  if (phase === "running" && rate > 0) {
    parts.push(`${count(rate)} texts/s`, `${duration((total - done) / rate)} left`);
  }
  if (phase === "done" && rate > 0)
    parts.push(`${count(rate)} texts/s, ${duration(seconds)} in all`);
  if (phase === "stopped") parts.push("stopped");
  if (phase === "failed") parts.push("interrupted; what is in stays in");
  return parts.join(" · ");
}
