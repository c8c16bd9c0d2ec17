import "./index.css";
import type { Context, View } from "../../context.js";
import { byId } from "../../dom.js";
import { count } from "../../format.js";
import { embeddingsOf, readRecords } from "../../records.js";
import { Breadth } from "./breadth.js";
import { CodesTable } from "./codes.js";
import markup from "./index.html?raw";
import { Lab } from "./lab.js";
import { Statistics } from "./statistics.js";

/** More vectors take longer than anybody waits. */
const MOST = 10_000;
/** With fewer a graph is a list. */
const FEWEST = 50;

/** Measurements of the chosen collection's vectors: breadth of search, codes, statistics. */
export function mount(root: HTMLElement, context: Context): View {
  root.innerHTML = markup;
  for (const box of root.querySelectorAll<HTMLElement>(".table-box")) scrollByKeys(box);
  const { shelf, status } = context;
  const breadth = new Breadth(status);
  const codes = new CodesTable(status);
  const statistics = new Statistics(context);
  let controller = new AbortController();
  let lab: Promise<Lab> | undefined;
  let stale = true;
  let visible = false;

  const refresh = async () => {
    void statistics.show().catch((error) => status.showError(error));
    if (!stale) return;
    stale = false;
    controller.abort();
    controller = new AbortController();
    const { signal } = controller;
    await measure(context, { breadth, codes, lab: () => (lab ??= Lab.open()) }, signal);
  };
  const update = () => {
    if (visible) refresh().catch((error) => status.showError(error));
  };
  shelf.subscribe((what) => {
    stale ||= what !== "list";
    // While records come in, what was measured stays; it is measured anew when the view is opened.
    if (what === "choice") update();
  });
  return {
    show() {
      visible = true;
      update();
    },
    hide() {
      visible = false;
    },
  };
}

/** A table that is wider than a phone can be reached by the keys that scroll. */
function scrollByKeys(box: HTMLElement): void {
  box.tabIndex = 0;
  box.setAttribute("role", "group");
  box.setAttribute("aria-label", box.closest("section")?.querySelector("h3")?.textContent ?? "");
}

interface Parts {
  breadth: Breadth;
  codes: CodesTable;
  lab(): Promise<Lab>;
}

async function measure(context: Context, parts: Parts, signal: AbortSignal): Promise<void> {
  const { collection } = context.shelf.current;
  const state = byId("breadth-state");
  byId("breadth").hidden = true;
  state.textContent = "Reading the vectors …";
  const records = await readRecords(collection, MOST, signal);
  const { vectors: all, dimension } = await embeddingsOf(collection, records, signal);
  const rows = records.map((_, i) => all.subarray(i * dimension, (i + 1) * dimension));
  if (signal.aborted) return;
  if (rows.length < FEWEST) {
    state.textContent = `There are ${count(rows.length)} vectors; with ${FEWEST} there is something to measure.`;
    return;
  }
  const vectors = { rows, count: rows.length };
  const lab = await parts.lab();
  parts.codes.open(lab, vectors, signal);
  await parts.breadth.open(lab, vectors, signal);
}
