import { type LocalReranker, localReranker } from "pagevec";
import { byId } from "../../dom.js";
import { megabytes } from "../../format.js";
import type { Status } from "../../status.js";

/** The cross-encoder of that folder. */
const NAME = "cross-encoder/ms-marco-MiniLM-L-6-v2";

/**
 * The switch for reranking. It is there only where the site serves a cross-encoder (its files as on the hub)
 * and says so in the page: <meta name="reranker" content="models/ms-marco-MiniLM-L-6-v2/">.
 */
export class RerankChoice {
  private readonly box = byId<HTMLInputElement>("rerank");
  private readonly state = byId("rerank-state");
  private readonly model: LocalReranker | undefined;
  private controller = new AbortController();
  private loaded = false;

  /** @param onChange is called when answers are to be reranked, or no longer. */
  constructor(
    private readonly status: Status,
    private readonly onChange: () => void,
  ) {
    const folder = document.querySelector<HTMLMetaElement>('meta[name="reranker"]')?.content;
    if (!folder) return;
    this.model = localReranker(NAME, { modelUrl: new URL(folder, document.baseURI).href });
    byId("rerank-choice").hidden = false;
    this.box.addEventListener("change", () => void this.change());
  }

  /** What reranks, once it is wanted and there. */
  get reranker(): LocalReranker | undefined {
    return this.loaded && this.box.checked ? this.model : undefined;
  }

  private async change(): Promise<void> {
    this.controller.abort();
    if (this.box.checked && !this.loaded) await this.load();
    this.onChange();
  }

  private async load(): Promise<void> {
    this.controller = new AbortController();
    const { signal } = this.controller;
    try {
      this.state.textContent = "getting the cross-encoder …";
      await this.model?.load({
        signal,
        onProgress: ({ stage, done, total, bytes }) => {
          if (stage !== "download") return;
          this.state.textContent = `${megabytes(bytes ?? done)} of ${megabytes(total)}`;
        },
      });
      this.loaded = true;
      this.state.textContent = "";
    } catch (error) {
      this.state.textContent = "";
      this.box.checked = false;
      this.status.showError(error);
    }
  }
}
