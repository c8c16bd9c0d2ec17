import type { Collection, RecallResult } from "pagevec";
import { byId, make } from "../../dom.js";
import { count, percent, time } from "../../format.js";
import type { Status } from "../../status.js";
import type { Lab, Vectors } from "./lab.js";
import { levelSizes } from "./levels.js";

/** For 10 answers the index keeps 15 candidates at least. */
const WIDTHS = [15, 20, 25, 30, 40, 50, 64, 80, 100, 140, 200, 300, 400];
const START = 2;
const SAMPLE = 60;

/** The slider for ef, with the recall and the time that come of it. */
export class Breadth {
  private readonly slider = byId<HTMLInputElement>("ef");
  private readonly links = byId<HTMLSelectElement>("links");
  private readonly state = byId("breadth-state");
  private readonly measured = new Map<number, RecallResult>();
  private graph: Collection | undefined;
  private busy = false;
  private source: { lab: Lab; vectors: Vectors; signal: AbortSignal } | undefined;

  constructor(private readonly status: Status) {
    this.slider.max = String(WIDTHS.length - 1);
    this.slider.value = String(START);
    this.slider.addEventListener("input", () => void this.measure());
    this.links.addEventListener("change", () => {
      this.build().catch((error) => status.showError(error));
    });
  }

  /** Builds the graph of these vectors and measures the first width. */
  async open(lab: Lab, vectors: Vectors, signal: AbortSignal): Promise<void> {
    this.source = { lab, vectors, signal };
    await this.build();
  }

  private async build(): Promise<void> {
    if (!this.source) return;
    const { lab, vectors, signal } = this.source;
    const old = this.graph;
    this.graph = undefined;
    if (old) await lab.drop(old);
    this.measured.clear();
    this.links.disabled = true;
    const total = count(vectors.count);
    const hnsw = { max_neighbors: Number(this.links.value) };
    const graph = await lab.build(vectors, { index: "hnsw", hnsw }, signal, (done) => {
      this.state.textContent = `Building a graph: ${count(done)} of ${total} vectors are linked.`;
    });
    const { file } = await graph.exportHnswlib({ signal });
    const levels = levelSizes(file);
    this.state.textContent = `A graph of ${total} vectors in ${levels.length} ${
      levels.length === 1 ? "level" : "levels"
    }: ${levels.map(count).join(", ")}.`;
    this.graph = graph;
    this.links.disabled = false;
    byId("breadth").hidden = false;
    await this.measure();
  }

  private get width(): number {
    return WIDTHS[Number(this.slider.value)] ?? 10;
  }

  /** One measurement at a time; the slider may be elsewhere when it is done. */
  private async measure(): Promise<void> {
    byId("ef-value").textContent = String(this.width);
    this.slider.setAttribute("aria-valuetext", `ef ${this.width}`);
    const known = this.measured.get(this.width);
    if (known) this.show(known);
    if (known || this.busy || !this.graph) return;
    this.busy = true;
    const { graph, width } = this;
    try {
      const result = await graph.recall({ sample: SAMPLE, k: 10, efSearch: width });
      if (graph === this.graph) this.measured.set(width, result);
    } catch (error) {
      this.status.showError(error);
      return;
    } finally {
      this.busy = false;
    }
    await this.measure();
  }

  private show(result: RecallResult): void {
    byId("ef-recall").textContent = percent(result.recall);
    byId("ef-recall").dataset.ef = String(result.efSearch);
    byId("ef-graph").textContent = time(result.indexMs);
    byId("ef-exact").textContent = time(result.exactMs);
    const widths = [...this.measured.keys()].sort((a, b) => a - b);
    const rows = widths.map((width) => this.row(width));
    byId("ef-table")
      .querySelector("tbody")
      ?.replaceChildren(...rows);
  }

  private row(width: number): HTMLTableRowElement {
    const { recall = 0, indexMs = 0 } = this.measured.get(width) ?? {};
    const row = make("tr", width === this.width ? "current" : "");
    const head = make("th", "", String(width));
    head.scope = "row";
    const bar = make("td", "wide");
    const meter = make("span", "meter");
    const fill = make("span", "fill");
    fill.style.width = `${100 * recall}%`;
    meter.append(fill);
    bar.append(meter);
    row.append(head, make("td", "", percent(recall)), bar, make("td", "", time(indexMs)));
    return row;
  }
}
