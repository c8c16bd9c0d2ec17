import type { SearchRow } from "pagevec";
import { make } from "../../dom.js";
import { milliseconds } from "../../format.js";
import type { Card, CardRow } from "../../scopes.js";
import { explainDrawer } from "./explain.js";
import { marked } from "./marked.js";

export type Mode = "keyword" | "vector" | "hybrid";

export interface ColumnText {
  title: string;
  /** How it finds, in one line. */
  note: string;
}

/** One of the three lists of answers. */
export class Column {
  readonly element: HTMLElement;
  private readonly list = make("ol", "results");
  private readonly time = make("span", "column-time");
  private readonly message = make("div", "column-message");

  /** @param onSimilar is given what "more like this" searches for. */
  constructor(
    readonly mode: Mode,
    { title, note }: ColumnText,
    private readonly onSimilar: (text: string) => void,
  ) {
    const head = make("div", "column-head");
    const heading = make("h3", "", title);
    heading.id = `column-${mode}`;
    head.append(heading, this.time);
    this.element = make("section", "column");
    this.element.dataset.mode = mode;
    this.element.setAttribute("aria-labelledby", heading.id);
    this.message.hidden = true;
    this.element.append(head, make("p", "column-note", note), this.message, this.list);
  }

  show(rows: SearchRow[], ms: number, card: (row: CardRow) => Card): void {
    const focused = this.titles.indexOf(document.activeElement as HTMLElement);
    this.list.replaceChildren(...rows.map((row) => this.item(row, card(row))));
    this.message.hidden = rows.length > 0;
    this.message.textContent = rows.length > 0 ? "" : "Nothing found.";
    this.time.textContent = milliseconds(ms);
    // Answers that arrive while the visitor walks through the list must not take the focus away.
    if (focused >= 0) this.titles[Math.min(focused, rows.length - 1)]?.focus();
  }

  /** Says in place of answers why there are none. */
  explainAbsence(...content: (string | Node)[]): void {
    this.list.replaceChildren();
    this.time.textContent = "";
    this.message.replaceChildren(...content);
    this.message.hidden = false;
  }

  clear(): void {
    this.list.replaceChildren();
    this.time.textContent = "";
    this.message.hidden = true;
  }

  /** What the arrow keys walk through. */
  get titles(): HTMLElement[] {
    return [...this.list.querySelectorAll<HTMLElement>(".title")];
  }

  private item(row: SearchRow, card: Card): HTMLLIElement {
    const item = make("li", "result");
    item.dataset.id = row.id;
    item.dataset.score = row.score.toFixed(6);
    if (row.distance !== undefined) item.dataset.distance = row.distance.toFixed(6);
    const head = make("div", "head");
    const title = make("button", "title", card.title);
    title.type = "button";
    title.title = "More like this";
    title.addEventListener("click", () => this.onSimilar(card.similarTo));
    head.append(title, make("span", "tag", card.tag));
    const body = make("p", "body");
    body.append(...marked(card.body, card.bodyBegin, row.highlights ?? []));
    item.append(head, body);
    for (const note of card.notes) item.append(make("p", "note", note));
    if (row.explain) item.append(explainDrawer(row, card.title));
    return item;
  }
}
