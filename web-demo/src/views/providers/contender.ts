import type { EmbeddingFunction, QueryResult } from "pagevec";
import { make } from "../../dom.js";
import { count, milliseconds } from "../../format.js";

/** What a model has made of the texts. */
export interface Outcome {
  dimensions: number;
  /** Milliseconds for all texts, and for the query alone. */
  textsMs: number;
  queryMs: number;
  found: QueryResult;
}

/** One of the models that are compared: how it is asked, and what came of it. */
export class Contender {
  readonly element = make("section", "panel contender");
  private readonly facts = make("p", "numbers contender-facts");
  private readonly list = make("ol", "nearest");

  /**
   * @param open makes the embedding function when it is needed
   * @param onRemove absent: it stays
   */
  constructor(
    title: string,
    settings: HTMLElement,
    readonly open: () => Promise<EmbeddingFunction>,
    onRemove?: () => void,
  ) {
    const head = make("div", "contender-head");
    head.append(make("h3", "", title));
    if (onRemove) {
      const remove = make("button", "", "Remove");
      remove.type = "button";
      remove.setAttribute("aria-label", `Remove ${title}`);
      remove.addEventListener("click", onRemove);
      head.append(remove);
    }
    this.element.setAttribute("aria-label", title);
    this.element.append(head, settings, this.facts, this.list);
  }

  wait(): void {
    this.tell("embedding …");
  }

  tell(text: string, failed = false): void {
    this.facts.textContent = text;
    this.facts.classList.toggle("failed", failed);
    this.list.replaceChildren();
  }

  show({ dimensions, textsMs, queryMs, found }: Outcome, texts: number): void {
    this.tell(
      `${count(dimensions)} dimensions · ${count(texts)} texts in ${milliseconds(textsMs)} · query in ${milliseconds(queryMs)}`,
    );
    this.element.dataset.dimensions = String(dimensions);
    const rows = found.rows()[0] ?? [];
    this.list.replaceChildren(
      ...rows.map(({ id, document, distance }) => {
        const item = make("li", "", document ?? "");
        item.dataset.id = id;
        const nearness = make("span", "nearness numbers", (1 - (distance ?? 0)).toFixed(3));
        nearness.title = "cosine";
        item.append(nearness);
        return item;
      }),
    );
  }
}
