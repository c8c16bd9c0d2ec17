import { DictionaryPanel } from "./dictionary-panel.js";
import { byId } from "./dom.js";
import { makeModel, openLibrary } from "./library.js";
import { keepForOffline } from "./offline.js";
import { OwnTextPanel } from "./own-text-panel.js";
import { Results } from "./results.js";
import { dictionaryScope, ownTextScope } from "./scopes.js";
import { Search } from "./search.js";
import { SearchBox } from "./search-box.js";
import { Status } from "./status.js";
import type { TimedModel } from "./timed-model.js";
import { WordList } from "./word-list.js";

/** Ties the parts together. */
async function start(model: TimedModel, status: Status): Promise<void> {
  // Beside the opening of the collections: the first query needs both.
  void warmUp(model, status);
  const [library, words] = await Promise.all([openLibrary(model), WordList.load()]);
  const scopes = {
    dictionary: dictionaryScope(library.dictionary),
    own: ownTextScope(library.ownText),
  };
  const box = new SearchBox((text) => {
    rememberQuery(text);
    void search.run(text);
  });
  const results = new Results(box.input, (text) => {
    box.set(text);
    scrollTo({ top: 0, behavior: "smooth" });
  });
  const search = new Search(scopes.dictionary, library.model, results, status);
  const onChange = () => {
    void search.refresh();
    void status.showModel();
    status.showStorage(library.client).catch((error) => status.showError(error));
  };
  const dictionaryPanel = new DictionaryPanel(library, words, status, onChange);
  const ownPanel = new OwnTextPanel(library, status, onChange);

  const switchTo = (name: "dictionary" | "own") => {
    const { label, placeholder, examples } = scopes[name];
    dictionaryPanel.hidden = name !== "dictionary";
    ownPanel.hidden = name !== "own";
    box.describe(label, placeholder, examples);
    return search.switchTo(scopes[name], box.text);
  };
  byId("scope").addEventListener("change", () => void switchTo(chosenScope()));

  box.input.value ||= rememberedQuery();
  const answered = switchTo(chosenScope()).then(() => {
    if (results.shown) status.showOpening();
  });
  await Promise.all([dictionaryPanel.open(), ownPanel.open(), status.showStorage(library.client)]);
  document.body.dataset.ready = "true";
  await answered;
}

function chosenScope(): "dictionary" | "own" {
  return byId<HTMLInputElement>("scope-own").checked ? "own" : "dictionary";
}

/** Starts the model before the visitor types, if it is on this machine already. */
async function warmUp(model: TimedModel, status: Status): Promise<void> {
  try {
    if (await status.showModel()) await model.load();
  } catch (error) {
    status.showError(error);
  }
}

/** The query lives in the address, so that a reload or a link shows its answers again. */
function rememberQuery(text: string): void {
  history.replaceState(null, "", text ? `#q=${encodeURIComponent(text)}` : "#");
}

function rememberedQuery(): string {
  return new URLSearchParams(location.hash.slice(1)).get("q") ?? "";
}

const model = makeModel();
const status = new Status(model);
start(model, status).catch((error) => status.showError(error));
void keepForOffline();
