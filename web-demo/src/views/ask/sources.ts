import { byId, make } from "../../dom.js";
import type { Source } from "./find-sources.js";

/** The passages that were found, numbered as the answer cites them. */
export class Sources {
  private readonly list = byId("ask-list");

  show(sources: Source[]): void {
    byId("ask-sources").hidden = sources.length === 0;
    this.list.replaceChildren(...sources.map(item));
  }

  /** Brings the passage with this number into sight and marks it. */
  goTo(number: number): void {
    for (const each of this.list.children) each.removeAttribute("data-cited");
    const item = this.list.children[number - 1] as HTMLElement | undefined;
    if (!item) return;
    item.dataset.cited = "true";
    item.focus({ preventScroll: true });
    item.scrollIntoView({ block: "nearest", behavior: "smooth" });
  }
}

function item({ number, id, card }: Source): HTMLElement {
  const item = make("li", "source");
  item.tabIndex = -1;
  item.dataset.id = id;
  item.dataset.number = String(number);
  const head = make("p", "source-head");
  head.append(make("b", "", card.title), make("span", "tag", card.tag));
  item.append(head, make("p", "source-text", card.body));
  return item;
}
