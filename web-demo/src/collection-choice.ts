import { byId } from "./dom.js";
import { count } from "./format.js";
import type { Shelf } from "./shelf.js";
import type { Status } from "./status.js";

/** The choice of the collection in the page's header, with how many records each has. */
export class CollectionChoice {
  private readonly select = byId<HTMLSelectElement>("collection");
  private turn = 0;

  constructor(
    private readonly shelf: Shelf,
    private readonly status: Status,
  ) {
    this.select.addEventListener("change", () => shelf.choose(this.select.value));
    shelf.subscribe(() => void this.show());
    void this.show();
  }

  private async show(): Promise<void> {
    const turn = ++this.turn;
    const { scopes, current } = this.shelf;
    try {
      const counts = await Promise.all(scopes.map(({ collection }) => collection.count()));
      if (turn !== this.turn) return;
      const options = scopes.map(
        ({ name, title }, i) => new Option(`${title} (${count(counts[i] ?? 0)})`, name),
      );
      this.select.replaceChildren(...options);
      this.select.value = current.name;
    } catch (error) {
      this.status.showError(error);
    }
  }
}
