import type { Library } from "./library.js";
import type { Model } from "./model.js";
import type { Shelf } from "./shelf.js";
import type { Status } from "./status.js";
import type { WordList } from "./word-list.js";

/** What every view is given: the client and the page's own collections, and what follows. */
export interface Context extends Library {
  /** The one model of the page; it is downloaded only when the visitor asks for it. */
  model: Model;
  /** The collections that can be searched, and the one that is chosen. */
  shelf: Shelf;
  /** The error box, and the voice for screen readers. */
  status: Status;
  /** WordNet, part by part. */
  words: WordList;
}

/** One view of the page, in an element of its own. */
export interface View {
  /**
   * Called when the view comes into sight, and when the address changes under it.
   * @param params what follows the "?" in `#name?key=value`
   */
  show(params: URLSearchParams): void;
  /** Called when another view takes its place: what runs for the eye only should stop. */
  hide(): void;
}

/** What `src/views/NAME/index.ts` exports. Called once, when the view is first opened. */
export interface ViewModule {
  mount(root: HTMLElement, context: Context): View | Promise<View>;
}
