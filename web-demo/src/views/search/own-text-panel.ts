import type { Collection } from "pagevec";
import type { Context } from "../../context.js";
import { byId } from "../../dom.js";
import { count, plural } from "../../format.js";
import { Indexer, type Item } from "../../indexer.js";
import type { PassageMetadata } from "../../library.js";
import { SAMPLE_TEXT } from "../../sample-text.js";
import { splitText, type Unit } from "../../split-text.js";
import { ProgressView } from "./progress-view.js";

/** The panel for the visitor's own text: paste, split, add, delete. */
export class OwnTextPanel {
  private readonly panel = byId<HTMLDetailsElement>("own-panel");
  private readonly input = byId<HTMLTextAreaElement>("own-input");
  private readonly add = byId<HTMLButtonElement>("own-add");
  private readonly remove = byId<HTMLButtonElement>("own-delete");
  private readonly progress = new ProgressView("own");
  private readonly collection: Collection<PassageMetadata>;
  private readonly indexer: Indexer<PassageMetadata>;

  constructor(private readonly context: Context) {
    this.collection = context.ownText;
    this.indexer = new Indexer(this.collection, {
      onState: (state) => this.progress.show(state),
      onError: (error) => context.status.showError(error),
    });
    byId("own-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.addOrStop().catch((error) => context.status.showError(error));
    });
    byId("own-sample").addEventListener("click", () => {
      this.input.value = SAMPLE_TEXT;
      this.add.focus();
    });
    this.remove.addEventListener("click", () => void this.deleteAll());
  }

  async open(): Promise<void> {
    const records = await this.collection.count();
    this.remove.hidden = records === 0;
    byId("own-summary").textContent = records > 0 ? count(records) : "";
  }

  set hidden(hidden: boolean) {
    this.panel.hidden = hidden;
  }

  private async addOrStop(): Promise<void> {
    if (this.indexer.running) return this.indexer.stop();
    const unit = byId<HTMLSelectElement>("own-split").value as Unit;
    const passages = splitText(this.input.value, unit);
    if (passages.length === 0) return this.input.focus();
    this.context.status.clearError();
    this.add.textContent = "Stop";
    try {
      await this.addPassages(passages);
    } finally {
      this.add.textContent = "Add";
    }
    await this.open();
    this.context.shelf.changed();
  }

  private async addPassages(passages: string[]): Promise<void> {
    const { status } = this.context;
    const items = await this.newItems(passages);
    if (items.length === 0) return status.announce("All of this text is in already");
    await this.indexer.run([items], items.length);
    const records = await this.collection.count();
    status.announce(`${plural(records, "passage")} can be searched`);
  }

  /** The passages that are not in the collection yet, numbered on from those that are. */
  private async newItems(passages: string[]): Promise<Item<PassageMetadata>[]> {
    const known = await this.collection.get({ include: ["documents"] });
    const seen = new Set(known.documents);
    const first = known.ids.length;
    return passages
      .filter((document) => !seen.has(document))
      .map((document, i) => ({ id: `${first + i}`, document, metadata: { place: first + i } }));
  }

  private async deleteAll(): Promise<void> {
    if (!confirm("Delete your text from this browser?")) return;
    const { status, shelf } = this.context;
    try {
      const { ids } = await this.collection.get({ include: [] });
      await this.collection.delete({ ids });
      this.progress.hide();
      status.announce("Your text was deleted");
    } catch (error) {
      status.showError(error);
    }
    await this.open();
    shelf.changed();
  }
}
