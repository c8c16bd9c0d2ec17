import { byId, make } from "./dom.js";

/** One answer, ready to be shown. */
export interface Card {
  id: string;
  title: string;
  /** Part of speech, place in the text. */
  tag: string;
  body: string;
  /** Examples of use, other words: smaller. */
  notes: string[];
  /** 0 is the same meaning. */
  distance: number;
  /** What "more like this" searches for. */
  similarTo: string;
}

/** The list of answers. Arrow keys move through it and back to the search field. */
export class Results {
  private readonly list = byId<HTMLOListElement>("results");

  constructor(
    private readonly field: HTMLInputElement,
    private readonly onSimilar: (text: string) => void,
  ) {
    field.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown" && this.titles.length > 0) this.focus(event, 0);
    });
    this.list.addEventListener("keydown", (event) => this.move(event));
  }

  show(cards: Card[]): void {
    const focused = this.titles.indexOf(document.activeElement as HTMLElement);
    this.list.replaceChildren(...cards.map((card) => this.item(card)));
    // Answers that arrive while the visitor walks through the list must not take the focus away.
    if (focused >= 0) (this.titles[Math.min(focused, cards.length - 1)] ?? this.field).focus();
  }

  /** Whether there are any answers on the page. */
  get shown(): boolean {
    return this.titles.length > 0;
  }

  private get titles(): HTMLElement[] {
    return [...this.list.querySelectorAll<HTMLElement>(".title")];
  }

  private item(card: Card): HTMLLIElement {
    const item = make("li", "result");
    item.dataset.id = card.id;
    item.dataset.distance = card.distance.toFixed(6);
    const head = make("div", "head");
    const title = make("button", "title", card.title);
    title.type = "button";
    title.title = "More like this";
    title.addEventListener("click", () => this.onSimilar(card.similarTo));
    head.append(title, make("span", "tag", card.tag), nearnessBar(1 - card.distance));
    item.append(head, make("p", "body", card.body));
    for (const note of card.notes) item.append(make("p", "note", note));
    return item;
  }

  private move(event: KeyboardEvent): void {
    const at = this.titles.indexOf(event.target as HTMLElement);
    if (at < 0) return;
    const last = this.titles.length - 1;
    if (event.key === "ArrowDown") this.focus(event, Math.min(at + 1, last));
    else if (event.key === "ArrowUp") this.focus(event, at - 1);
    else if (event.key === "Home") this.focus(event, 0);
    else if (event.key === "End") this.focus(event, last);
    else if (event.key === "Escape") this.focus(event, -1);
  }

  /** @param place -1 is the search field. */
  private focus(event: KeyboardEvent, place: number): void {
    event.preventDefault();
    (place < 0 ? this.field : (this.titles[place] ?? this.field)).focus();
  }
}

/** @param nearness cosine similarity; the collections use the model's own space, cosine */
function nearnessBar(nearness: number): HTMLElement {
  const percent = Math.round(100 * Math.min(1, Math.max(0, nearness)));
  const bar = make("span", "nearness");
  const fill = make("span", "fill");
  fill.style.width = `${percent}%`;
  bar.append(fill);
  bar.setAttribute("role", "img");
  bar.setAttribute("aria-label", `nearness ${percent} percent`);
  bar.title = `nearness ${percent} %`;
  return bar;
}
