import type { Row } from "pagevec";
import type { Context } from "../../context.js";
import { byId, make } from "../../dom.js";
import { count } from "../../format.js";
import { getModel } from "../../model-badge.js";
import { embeddingsOf, readRecords } from "../../records.js";
import type { Scope } from "../../scopes.js";
import { controlPlot } from "./controls.js";
import { type Groups, groupsOf } from "./groups.js";
import { type Layout, layOut, type Method, type Nearest } from "./layout.js";
import { NearestList } from "./nearest-list.js";
import { Plot } from "./plot.js";

/** UMAP of more takes longer than anybody waits. */
const MOST = 5_000;
const FEWEST = 4;
const SHOWN_NEAREST = 10;

/** The map with what is chosen on it. */
export class MapView {
  private readonly canvas = byId<HTMLCanvasElement>("map-canvas");
  private readonly plot = new Plot(this.canvas);
  private readonly list: NearestList;
  private controller = new AbortController();
  private scope: Scope;
  /** Of the collection; the map has the first ones. */
  private total = 0;
  private rows: Row[] = [];
  private groups: Groups = { of: new Uint8Array(), names: [] };
  private layout: Layout | undefined;
  private chosen = -1;
  private nearest: Nearest[] = [];
  private query: readonly [number, number] | undefined;
  private unfinished = false;

  constructor(private readonly context: Context) {
    this.scope = context.shelf.current;
    this.canvas.tabIndex = 0;
    // Its keys are its own: screen readers pass them on.
    this.canvas.setAttribute("role", "application");
    this.canvas.setAttribute("aria-label", "Map");
    this.canvas.setAttribute("aria-describedby", "map-note map-keys");
    this.list = new NearestList((row) => void this.choose(row));
    controlPlot(this.canvas, this.plot, {
      onHover: (row, x, y) => this.showTip(row, x, y),
      onChoose: (row) => void this.choose(row),
      onEnter: () => void this.choose(Math.max(0, this.chosen)),
      onWalk: (towards) => this.walk(towards),
    });
    byId("map-form").addEventListener("submit", (event) => {
      event.preventDefault();
      void this.ask(byId<HTMLInputElement>("map-query").value.trim());
    });
  }

  /** Reads the chosen collection and lays it out. */
  async open(): Promise<void> {
    this.scope = this.context.shelf.current;
    const signal = this.restart();
    await this.attempt(async () => {
      this.progress("Reading the records …", 0);
      this.total = await this.scope.collection.count({ signal });
      this.rows = await readRecords(this.scope.collection, MOST, signal);
      this.groups = groupsOf(this.rows);
      this.list.clear("Choose a point, or put a query on the map.");
      await this.layOut();
    });
  }

  /** The same rows by the method that is chosen now. */
  async layOut(): Promise<void> {
    const method = byId("map-method").querySelector<HTMLInputElement>("input:checked")?.value;
    const signal = this.restart();
    [this.chosen, this.nearest, this.query] = [-1, [], undefined];
    if (this.rows.length < FEWEST) return this.showTooFew();
    await this.attempt(async () => {
      this.unfinished = true;
      this.progress("Laying out …", 0);
      const { collection } = this.scope;
      const layout = await layOut(method as Method, this.rows, collection, signal, (what, share) =>
        this.progress(`${what} …`, share),
      );
      this.layout = layout;
      this.unfinished = false;
      byId("map-state").hidden = true;
      this.canvas.dataset.method = layout.method;
      this.canvas.dataset.rows = String(this.rows.length);
      this.describe(layout);
      this.paint(true);
    });
  }

  /** Another view takes over: what is under way ends; it begins anew with the next layOut(). */
  stop(): void {
    if (this.unfinished) this.restart();
  }

  private restart(): AbortSignal {
    this.controller.abort();
    this.controller = new AbortController();
    return this.controller.signal;
  }

  private async attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.context.status.showError(error);
    }
  }

  /** Shows what is nearest to a row, by the collection's own search. */
  private async choose(row: number): Promise<void> {
    const record = this.rows[row];
    if (!record) return;
    this.chosen = row;
    this.query = undefined;
    await this.attempt(async () => {
      const { collection } = this.scope;
      const { vectors } = await embeddingsOf(collection, [record], this.controller.signal);
      const nearest = await this.search(vectors, SHOWN_NEAREST + 1);
      if (this.chosen !== row) return;
      this.nearest = nearest.filter((near) => near.row !== row).slice(0, SHOWN_NEAREST);
      this.list.show(this.title(row), this.cardsOf(this.nearest));
      this.plot.reveal(row);
      this.paint();
      this.context.status.announce(`${this.title(row)}: ${this.nearest.length} nearest`);
    });
  }

  /** Puts a query on the map, as a dot among what is nearest to it. */
  private async ask(text: string): Promise<void> {
    const { model, status } = this.context;
    if (text === "" || !this.layout) return;
    if (!model.ready) {
      this.list.clear("The query needs the model. It is being downloaded; then press Show again.");
      return getModel(model, status);
    }
    await this.attempt(async () => {
      const { vector } = await model.embed(text);
      this.nearest = await this.search(vector, SHOWN_NEAREST);
      this.chosen = -1;
      this.query = this.layout?.placeOf(vector, this.nearest);
      this.list.show(`“${text}”`, this.cardsOf(this.nearest));
      this.canvas.dataset.query = text;
      this.paint();
    });
  }

  /** The rows of this map that are nearest to a vector. */
  private async search(vector: Float32Array, nResults: number): Promise<Nearest[]> {
    const places = new Map(this.rows.map(({ id }, row) => [id, row]));
    const { ids, distances } = await this.scope.collection.query({
      queryEmbeddings: [vector],
      nResults,
      include: ["distances"],
    });
    return (ids[0] ?? []).flatMap((id, i) => {
      const row = places.get(id);
      return row === undefined ? [] : [{ row, distance: distances[0]?.[i] ?? 0 }];
    });
  }

  private walk(towards: (from: number) => number): void {
    const next = this.chosen < 0 ? 0 : towards(this.chosen);
    if (next < 0) return;
    this.chosen = next;
    [this.nearest, this.query] = [[], undefined];
    this.plot.reveal(next);
    this.paint();
    this.list.clear(`${this.title(next)}: Enter shows what is nearest.`);
    this.context.status.announce(this.title(next));
  }

  private paint(fit = false): void {
    if (!this.layout) return;
    const { points } = this.layout;
    const nearest = this.nearest.map(({ row }) => row);
    const { chosen, query, groups } = this;
    this.canvas.dataset.chosen = String(chosen);
    this.plot.show({ points, groups: groups.of, chosen, nearest, query }, fit);
  }

  /** The map in words: what it shows, what its colours mean, and what lies at its ends. */
  private describe({ note, points, method }: Layout): void {
    const { length } = this.rows;
    const those =
      length < this.total ? `The first ${count(length)} of ${count(this.total)}` : count(length);
    const name = `Map of ${count(length)} records by ${method.toUpperCase()}`;
    this.canvas.setAttribute("aria-label", name);
    byId("map-note").textContent = `${those} records. ${note}`;
    const legend = this.groups.names.map((name, i) => make("li", `group-${i}`, name));
    byId("map-legend").replaceChildren(...legend);
    const order = [...this.rows.keys()].sort((a, b) => (points[2 * a] ?? 0) - (points[2 * b] ?? 0));
    const names = (rows: number[]) => rows.map((row) => this.title(row)).join(", ");
    byId("map-extremes").textContent =
      `Farthest left: ${names(order.slice(0, 4))}. Farthest right: ${names(order.slice(-4))}.`;
  }

  private title(row: number): string {
    const record = this.rows[row];
    return record ? this.scope.card(record).title : "";
  }

  private cardsOf(nearest: Nearest[]) {
    return nearest.map(({ row, distance }) => ({ row, distance, title: this.title(row) }));
  }

  private showTip(row: number, x: number, y: number): void {
    const tip = byId("map-tip");
    tip.hidden = row < 0;
    if (row < 0) return;
    tip.textContent = this.title(row);
    const left = Math.min(x, this.canvas.clientWidth - tip.offsetWidth - 16);
    tip.style.translate = `${left + 12}px ${y + 14}px`;
  }

  private showTooFew(): void {
    this.layout = undefined;
    byId("map-legend").replaceChildren();
    byId("map-note").textContent = "";
    byId("map-extremes").textContent = "";
    this.progress(`There are ${this.rows.length} records; a map needs ${FEWEST}.`, -1);
  }

  /** @param share 0 to 1; -1: there is nothing to wait for */
  private progress(text: string, share: number): void {
    const state = byId("map-state");
    state.hidden = false;
    const [line, bar] = [state.querySelector("p"), state.querySelector("progress")];
    if (line) line.textContent = text;
    if (!bar) return;
    bar.hidden = share < 0;
    bar.value = Math.max(0, share);
  }
}
