import { byId, make } from "../../dom.js";

export interface NearestItem {
  row: number;
  distance: number;
  title: string;
}

/** The list of what is nearest, beside the map: each one can be chosen in its turn. */
export class NearestList {
  private readonly list = byId("map-nearest");
  private readonly note = byId("map-near-note");

  constructor(onChoose: (row: number) => void) {
    this.list.addEventListener("click", (event) => {
      const button = (event.target as Element).closest("button");
      if (button) onChoose(Number(button.dataset.row));
    });
    this.list.addEventListener("keydown", (event) => {
      const buttons = [...this.list.querySelectorAll("button")];
      const at = buttons.indexOf(event.target as HTMLButtonElement);
      const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: buttons.length - 1 }[
        event.key
      ];
      if (at < 0 || next === undefined) return;
      event.preventDefault();
      buttons[next]?.focus();
    });
  }

  show(name: string, items: NearestItem[]): void {
    const inside = this.list.contains(document.activeElement);
    this.note.textContent = `to ${name}`;
    this.list.replaceChildren(
      ...items.map(({ row, distance, title }) => {
        const button = make("button", "", title);
        button.type = "button";
        button.dataset.row = String(row);
        const item = make("li", "");
        item.append(button, make("span", "numbers", (1 - distance).toFixed(3)));
        return item;
      }),
    );
    // The button that was pressed has gone with the old list.
    if (inside) this.list.querySelector("button")?.focus();
  }

  /** Says in place of the list what to do. */
  clear(note: string): void {
    this.list.replaceChildren();
    this.note.textContent = note;
  }
}
