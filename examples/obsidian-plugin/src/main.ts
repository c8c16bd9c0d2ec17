import { Plugin, SuggestModal, type TAbstractFile, TFile } from "obsidian";
import type { Client as ClientType, Collection, SearchRow } from "pagevec";
import { Client, miniLM } from "pagevec/inline";

/** Keeps the vault's notes as passages, and finds them by meaning. */
export default class SearchPlugin extends Plugin {
  private client?: ClientType;
  private readonly model = miniLM();

  override async onload(): Promise<void> {
    this.client = await Client.open({ name: `vault-${this.app.vault.getName()}` });
    const notes = await this.client.getOrCreateCollection({
      name: "notes",
      embeddingFunction: this.model,
      chunking: { maxTokens: 200, overlap: 30 },
    });
    this.addCommand({
      id: "search",
      name: "Search by meaning",
      callback: () => new SearchModal(this.app, notes).open(),
    });
    this.app.workspace.onLayoutReady(() => this.follow(notes));
  }

  override onunload(): void {
    void this.client?.close();
    void this.model.close();
  }

  /** Reads what has changed since the last time, then what changes from now on. */
  private async follow(notes: Collection): Promise<void> {
    const { vault } = this.app;
    this.registerEvent(vault.on("create", keep));
    this.registerEvent(vault.on("modify", keep));
    this.registerEvent(vault.on("delete", ({ path }) => notes.delete({ ids: [path] })));
    this.registerEvent(
      vault.on("rename", async (file, oldPath) => {
        await notes.delete({ ids: [oldPath] });
        await keep(file);
      }),
    );
    const { ids, metadatas } = await notes.get({ include: ["metadatas"] });
    const times = new Map(ids.map((id, i) => [id, metadatas?.[i]?.modified]));
    const changed = vault
      .getMarkdownFiles()
      .filter((file) => times.get(file.path) !== file.stat.mtime);
    for (const file of changed) await keep(file);

    async function keep(file: TAbstractFile): Promise<void> {
      if (!(file instanceof TFile) || file.extension !== "md") return;
      await notes.upsert({
        ids: [file.path],
        documents: [await vault.cachedRead(file)],
        metadatas: [{ modified: file.stat.mtime }],
      });
    }
  }
}

class SearchModal extends SuggestModal<SearchRow> {
  constructor(
    app: Plugin["app"],
    private readonly notes: Collection,
  ) {
    super(app);
    this.setPlaceholder("What is the note about?");
  }

  async getSuggestions(text: string): Promise<SearchRow[]> {
    if (!text.trim()) return [];
    return (await this.notes.search({ text, limit: 8 })).rows;
  }

  renderSuggestion({ id, passage }: SearchRow, element: HTMLElement): void {
    element.createEl("div", { text: id });
    element.createEl("small", { text: passage?.text ?? "" });
  }

  onChooseSuggestion({ id }: SearchRow): void {
    void this.app.workspace.openLinkText(id, "");
  }
}
