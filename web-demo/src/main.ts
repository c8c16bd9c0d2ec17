import { CollectionChoice } from "./collection-choice.js";
import { showOthers } from "./files/collections.js";
import { openLibrary } from "./library.js";
import { Model } from "./model.js";
import { ModelBadge } from "./model-badge.js";
import { NetworkBadge } from "./network.js";
import { keepForOffline } from "./offline.js";
import { Router } from "./router.js";
import { dictionaryScope, ownTextScope } from "./scopes.js";
import { Shelf } from "./shelf.js";
import { fetchStarterEarly, fillWithStarter } from "./starter.js";
import { Status } from "./status.js";
import { VIEWS } from "./views.js";
import { WordList } from "./word-list.js";

/** Ties the parts together. */
async function start(status: Status, network: NetworkBadge): Promise<void> {
  const model = new Model();
  new ModelBadge(model, status);
  // Beside the opening of the collections: the first query needs all of it.
  model.open().catch((error) => status.showError(error));
  void VIEWS[0].load();
  const listed = WordList.load().then((words) => {
    fetchStarterEarly(words);
    return words;
  });
  const [library, words] = await Promise.all([openLibrary(model), listed]);
  const { dictionary, ownText } = library;
  const shelf = new Shelf([dictionaryScope(dictionary), ownTextScope(ownText)]);
  // The first entries are found while the others come in.
  const filled = fillWithStarter(dictionary, words, { onBatch: () => shelf.changed() });
  showOthers({ ...library, model, shelf }).catch((error) => status.showError(error));
  new CollectionChoice(shelf, status);
  const router = new Router({ ...library, model, shelf, status, words });
  await router.go();
  await filled;
  network.begin();
  document.body.dataset.ready = "true";
  await keepForOffline();
}

const status = new Status();
start(status, new NetworkBadge()).catch((error) => status.showError(error));
