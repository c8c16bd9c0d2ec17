import { cachedModelBytes } from "pagevec";
import type { Context } from "../../context.js";
import { byId, make } from "../../dom.js";
import { count, megabytes, plural } from "../../format.js";
import { heldBytes } from "./held-bytes.js";

/** What Chromium tells beside the sum; others leave it out. */
interface Estimate extends StorageEstimate {
  usageDetails?: { indexedDB?: number; fileSystem?: number; caches?: number };
}

const COPIES = {
  kept: "a second copy in files",
  none: "no second copy",
  elsewhere: "its second copy is another tab's",
};

/** How much there is and how well it is kept, with what the visitor can do about it. */
export class Statistics {
  private readonly facts = byId("statistics");
  private readonly result = byId("check-result");

  constructor(private readonly context: Context) {
    const on = (id: string, act: () => Promise<void>) =>
      byId(id).addEventListener("click", () => {
        act()
          .then(() => this.show())
          .catch((error) => context.status.showError(error));
      });
    on("check", () => this.check());
    on("persist", () => this.persist());
    on("model-remove", () => this.removeModel());
  }

  async show(): Promise<void> {
    const { shelf, client, model } = this.context;
    const { collection, title, counted } = shelf.current;
    const [records, storage, estimate, modelBytes] = await Promise.all([
      collection.count(),
      client.storage(),
      navigator.storage?.estimate?.() as Promise<Estimate> | undefined,
      cachedModelBytes(),
    ]);
    const first = await collection.get({ limit: 1, include: ["embeddings"] });
    const dimension = first.embeddings[0]?.length ?? 0;
    const { usageDetails: parts, usage = storage.usage, quota } = estimate ?? {};
    const part = (bytes: number | undefined) => (bytes ? megabytes(bytes) : undefined);
    this.list([
      [title, `${counted(records)}${dimension ? `, ${count(dimension)} dimensions` : ""}`],
      ["Collections", count(await client.countCollections())],
      [
        "Vectors in memory",
        dimension
          ? megabytes(records * heldBytes(collection.configuration, records, dimension))
          : undefined,
      ],
      ["IndexedDB", part(parts?.indexedDB)],
      ["Files (OPFS)", part(parts?.fileSystem)],
      ["Caches", part(parts?.caches)],
      ["Model (in caches)", modelBytes ? megabytes(modelBytes) : undefined],
      ["All of this site", quota ? `${megabytes(usage)} of ${megabytes(quota)}` : megabytes(usage)],
      [
        "Kept",
        `${storage.persisted ? "until you delete it" : "as long as there is room"}, ${COPIES[storage.copy]}`,
      ],
      ["Problems", storage.problem ?? storage.copyProblem ?? "none"],
    ]);
    byId<HTMLButtonElement>("persist").hidden = storage.persisted;
    byId("model-remove").hidden = modelBytes === 0 || model.state.phase === "downloading";
  }

  private list(facts: [string, string | undefined][]): void {
    const known = facts.filter(([, value]) => value !== undefined);
    const lines = known.map(([name, value]) => {
      const line = make("div", "");
      line.append(make("dt", "", name), make("dd", "", value));
      return line;
    });
    this.facts.replaceChildren(...lines);
  }

  private async check(): Promise<void> {
    this.result.textContent = "Reading everything that is stored …";
    const checked = await this.context.client.check();
    const wrong = checked.flatMap(({ name, problems }) =>
      problems.map((what) => `${name}: ${what}`),
    );
    const blocks = checked.reduce((sum, { parts, batches }) => sum + parts + batches, 0);
    this.result.textContent =
      wrong.length > 0
        ? wrong.join("; ")
        : `${plural(blocks, "block")} read and compared with their checksums: all are as they were written.`;
  }

  private async persist(): Promise<void> {
    const granted = await navigator.storage.persist();
    this.result.textContent = granted
      ? "The browser will not delete it by itself."
      : "The browser did not promise it; it looks at how often you use the page.";
  }

  private async removeModel(): Promise<void> {
    await this.context.model.remove();
    this.result.textContent = "The model was removed from this machine.";
  }
}
