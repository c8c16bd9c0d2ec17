import { byId } from "./dom.js";
import { megabytes } from "./format.js";
import { MODEL_NAME, type Model } from "./model.js";
import type { Status } from "./status.js";

/** The model in the page's header: get it, see how far it is, stop it, know that it is here. */
export class ModelBadge {
  private readonly box = byId("model");
  private readonly get = byId<HTMLButtonElement>("model-get");
  private readonly cancel = byId<HTMLButtonElement>("model-cancel");
  private readonly bar = byId<HTMLProgressElement>("model-bar");
  private readonly text = byId("model-state");
  private announced = "";

  constructor(
    private readonly model: Model,
    private readonly status: Status,
  ) {
    this.get.addEventListener("click", () => getModel(model, status));
    this.cancel.addEventListener("click", () => {
      model.cancel();
      this.get.hidden = false;
      this.get.focus();
    });
    model.subscribe(() => this.show());
    this.show();
  }

  private show(): void {
    const { phase, cached, received, total } = this.model.state;
    this.box.dataset.phase = phase;
    this.get.hidden = phase !== "absent";
    this.cancel.hidden = phase !== "downloading";
    this.bar.hidden = phase !== "downloading";
    this.bar.max = Math.max(1, total);
    this.bar.value = received;
    this.get.textContent = `Get the model · ${megabytes(total)}`;
    this.text.hidden = phase === "absent";
    this.text.textContent = {
      unknown: "looking for the model …",
      absent: "",
      downloading: `${megabytes(received)} of ${megabytes(total)}`,
      starting: "starting the model …",
      ready: `${MODEL_NAME} · ${cached ? "cached" : "in memory"}`,
    }[phase];
    this.announce(phase);
  }

  private announce(phase: string): void {
    if (phase === this.announced) return;
    this.announced = phase;
    if (phase === "downloading") this.status.announce("The model is being downloaded");
    if (phase === "ready") this.status.announce("The model is ready: search by meaning works");
  }
}

/** Downloads the model for the visitor; a failure goes to the error box. */
export function getModel(model: Model, status: Status): void {
  status.clearError();
  model.load().catch((error) => status.showError(error));
}
