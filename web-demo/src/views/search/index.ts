import "./search.css";
import type { Context, View } from "../../context.js";
import { byId } from "../../dom.js";
import { milliseconds } from "../../format.js";
import type { Model } from "../../model.js";
import type { Scope } from "../../scopes.js";
import { Columns } from "./columns.js";
import { DictionaryPanel } from "./dictionary-panel.js";
import { mountFilterBuilder } from "./filter-builder.js";
import { OwnTextPanel } from "./own-text-panel.js";
import { Queries } from "./queries.js";
import { RerankChoice } from "./rerank-choice.js";
import { SearchBox } from "./search-box.js";

/** The reverse dictionary: one query, three ways of searching. Its markup is in the page already. */
export async function mount(_root: HTMLElement, context: Context): Promise<View> {
  const { shelf, model, status } = context;
  const box = new SearchBox((text) => {
    rememberQuery(text);
    void queries.run(text);
  });
  const columns = new Columns(context, box.input, (text) => {
    box.set(text);
    scrollToTop();
  });
  const rerank = new RerankChoice(status, () => void queries.run(box.text));
  const queries = new Queries(context, columns, () => rerank.reranker, showOpening);
  mountFilterBuilder(byId("filter"), context, (where) => void queries.filter(where));
  const dictionaryPanel = new DictionaryPanel(context);
  const ownPanel = new OwnTextPanel(context);

  const describe = () => {
    const { name, label, placeholder, examples } = shelf.current;
    showHeading(shelf.current);
    dictionaryPanel.hidden = name !== "dictionary";
    ownPanel.hidden = name !== "my-text";
    box.describe(label, placeholder, examples);
  };
  shelf.subscribe((what) => {
    if (what === "choice") describe();
    void (what === "choice" ? queries.run(box.text) : queries.refresh());
  });
  onPhase(model, () => void queries.refresh());
  describe();
  const opened = [dictionaryPanel.open(), ownPanel.open()];
  await Promise.all(opened).catch((error) => status.showError(error));
  return {
    show(params) {
      const asked = params.get("q");
      if (asked !== null && asked !== box.text) box.set(asked);
      else if (box.text === "" || asked === null) void queries.run(box.text);
    },
    hide() {},
  };
}

function showHeading({ title, heading = title, label }: Scope): void {
  byId("search-heading").textContent = heading;
  byId("search-lead").textContent = `${label}. Nothing you type leaves this page.`;
}

/** Calls back when the model came, or a download ended without it. */
function onPhase(model: Model, changed: () => void): void {
  let before = model.state.phase;
  model.subscribe(() => {
    const { phase } = model.state;
    if (phase === before) return;
    before = phase;
    if (phase === "ready" || phase === "absent") changed();
  });
}

/** The query lives in the address, so that a reload or a link shows its answers again. */
function rememberQuery(text: string): void {
  history.replaceState(null, "", text ? `#search?q=${encodeURIComponent(text)}` : "#search");
}

function scrollToTop(): void {
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  scrollTo({ top: 0, behavior: calm ? "instant" : "smooth" });
}

/** How long it took from the navigation to the first answer; measured once. */
function showOpening(): void {
  const state = byId("opening-state");
  if (state.dataset.ms) return;
  const opened = performance.now();
  state.textContent = `first answer after ${milliseconds(opened)}`;
  state.dataset.ms = String(Math.round(opened));
}
