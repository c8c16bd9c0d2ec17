import type { SearchRow } from "../collection/search/search-types.js";
import type { Collection } from "../collection.js";
import {
  LiveSearch,
  type LiveSearchOptions,
  type SearchedCollection,
  type SearchState,
} from "../ui/live-search.js";
import { ENGLISH, type SearchMessages } from "./messages.js";
import { Popup } from "./popup.js";
import { makeShell } from "./shell.js";

type SearchMode = NonNullable<LiveSearchOptions["mode"]>;
type CountedCollection = SearchedCollection & Pick<Collection, "count">;
type SearchSource = CountedCollection | Promise<CountedCollection> | null | undefined;

/** What the element searches by unless `params` says otherwise: as it is typed, with passages. */
const PARAMS: LiveSearchOptions = {
  keyword: { prefix: "last" },
  highlights: { passages: 1, length: 160 },
};
/** Properties that a page may set before the element is defined. */
const PROPERTIES = ["collection", "renderResult", "params", "messages", "value"] as const;

// A server that imports this has no elements.
const Base = (globalThis.HTMLElement ?? class {}) as new () => Listening & HTMLElement;

/** What the element's events tell. */
export interface PagevecSearchEvents {
  ready: CustomEvent<{ count: number }>;
  search: CustomEvent<Pick<SearchState, "text" | "rows" | "timings">>;
  select: CustomEvent<{ row: SearchRow; index: number }>;
  error: CustomEvent<{ error: unknown }>;
}

/** HTMLElement knows the types of its own events only. */
interface Listening {
  addEventListener<K extends keyof PagevecSearchEvents>(
    type: K,
    listener: (event: PagevecSearchEvents[K]) => void,
    options?: boolean | AddEventListenerOptions,
  ): void;
}

/**
 * `<pagevec-search>`: a search field over a collection, whose results pop up below it (docs/ui.md).
 * In a form its value is the text, and Enter does not submit.
 *
 * Events: `ready` (the collection can be searched), `search` (an answer is shown), `select` (of a
 * result; preventDefault() leaves the list open) and `error`.
 */
export class PagevecSearchElement extends Base {
  static readonly formAssociated = true;
  static readonly observedAttributes = [
    "placeholder",
    "label",
    "limit",
    "mode",
    "debounce",
    "value",
  ];

  // Names that begin with # are no properties: frameworks set those that an element has.
  readonly #internals = this.attachInternals();
  readonly #shell = makeShell(this.attachShadow({ mode: "open", delegatesFocus: true }));
  readonly #search = new LiveSearch();
  readonly #popup = new Popup(this.#shell, {
    template: () => this.querySelector<HTMLTemplateElement>(":scope > template"),
    renderResult: () => this.#render,
    messages: () => this.#messages,
    select: (row, index) => this.#emit("select", { row, index }),
    fail: (error) => this.#fail(error),
  });
  #given: SearchSource;
  #collection: CountedCollection | undefined;
  #render: ((row: SearchRow) => Node | string) | undefined;
  #params: LiveSearchOptions = {};
  #messages: SearchMessages = ENGLISH;
  #shown = this.#search.getSnapshot();
  #stop: (() => void) | undefined;

  constructor() {
    super();
    this.#listen();
  }

  /** The collection to search, or the promise of it: as Client.getCollection() gives it. */
  get collection(): SearchSource {
    return this.#given;
  }

  set collection(collection: SearchSource) {
    this.#given = collection;
    this.#collection = undefined;
    this.#ask();
    if (collection) void this.#take(collection);
  }

  /** Makes the content of a result, in place of the template: a node, or a plain text. */
  get renderResult(): ((row: SearchRow) => Node | string) | undefined {
    return this.#render;
  }

  set renderResult(render: ((row: SearchRow) => Node | string) | undefined) {
    this.#render = render;
    this.#popup.redraw();
  }

  /** More of what Collection.search() takes: where, keyword, rerank, ... It wins over attributes. */
  get params(): LiveSearchOptions {
    return this.#params;
  }

  set params(params: LiveSearchOptions) {
    this.#params = params;
    this.#ask();
  }

  /** What the element says; what is not given is English. */
  get messages(): Partial<SearchMessages> {
    return this.#messages;
  }

  set messages(messages: Partial<SearchMessages>) {
    this.#messages = { ...ENGLISH, ...messages };
    this.#describe();
    this.#popup.redraw();
  }

  /** The text in the field. Setting it searches, without opening the list. */
  get value(): string {
    return this.#shell.input.value;
  }

  set value(text: string) {
    this.#shell.input.value = text;
    this.#changed();
  }

  /** What a form calls the value. */
  get name(): string {
    return this.getAttribute("name") ?? "";
  }

  set name(name: string) {
    this.setAttribute("name", name);
  }

  get placeholder(): string {
    return this.getAttribute("placeholder") ?? "";
  }

  set placeholder(text: string) {
    this.setAttribute("placeholder", text);
  }

  /** How many results at most. Default 10. */
  get limit(): number {
    return Number(this.getAttribute("limit") ?? 10);
  }

  set limit(limit: number) {
    this.setAttribute("limit", String(limit));
  }

  /** Default "hybrid". "keyword" needs no embedding function. */
  get mode(): SearchMode {
    return (this.getAttribute("mode") as SearchMode | null) ?? "hybrid";
  }

  set mode(mode: SearchMode) {
    this.setAttribute("mode", mode);
  }

  /** For how many milliseconds a text must stay as it is before it is searched for. Default 120. */
  get debounce(): number {
    return Number(this.getAttribute("debounce") ?? 120);
  }

  set debounce(milliseconds: number) {
    this.setAttribute("debounce", String(milliseconds));
  }

  connectedCallback(): void {
    for (const property of PROPERTIES) this.#upgrade(property);
    this.#describe();
    this.#stop ??= this.#search.subscribe(() => this.#update());
  }

  disconnectedCallback(): void {
    this.#stop?.();
    this.#stop = undefined;
    this.#popup.close();
  }

  attributeChangedCallback(attribute: string, _: string | null, value: string | null): void {
    if (attribute === "value") this.value = value ?? "";
    else if (attribute === "placeholder" || attribute === "label") this.#describe();
    else this.#ask();
  }

  formResetCallback(): void {
    this.#popup.close();
    this.value = this.getAttribute("value") ?? "";
  }

  formDisabledCallback(disabled: boolean): void {
    this.#shell.input.disabled = disabled;
    this.#shell.clear.disabled = disabled;
    if (disabled) this.#popup.close();
  }

  /** What the browser kept over a navigation. */
  formStateRestoreCallback(state: string): void {
    this.value = state;
  }

  #listen(): void {
    const { input, clear } = this.#shell;
    const typed = () => {
      this.#popup.open();
      this.#changed();
    };
    input.addEventListener("input", (event) => {
      // Half a word of Japanese is no question.
      if (!(event as InputEvent).isComposing) typed();
    });
    input.addEventListener("compositionend", typed);
    input.addEventListener("focus", () => this.#describe());
    input.addEventListener("click", () => this.#popup.open());
    input.addEventListener("keydown", (event) => this.#key(event));
    clear.addEventListener("click", () => {
      this.#empty();
      input.focus();
    });
    // Out of the element: what stays inside is not heard of out here.
    this.addEventListener("focusout", () => this.#popup.close());
  }

  #key(event: KeyboardEvent): void {
    if (this.#popup.key(event)) {
      event.preventDefault();
    } else if (event.key === "Enter" && !event.isComposing) {
      this.#popup.open();
      this.#search.flush();
    } else if (event.key === "Escape" && this.value !== "") {
      event.preventDefault();
      this.#empty();
    }
  }

  #empty(): void {
    this.#popup.close();
    this.value = "";
  }

  #changed(): void {
    this.#shell.clear.hidden = this.value === "";
    this.#internals.setFormValue(this.value);
    this.#ask();
  }

  #ask(): void {
    this.#search.ask(this.#collection, this.value, {
      ...PARAMS,
      limit: this.limit,
      mode: this.mode,
      debounceMs: this.debounce,
      ...this.#params,
    });
  }

  async #take(given: CountedCollection | Promise<CountedCollection>): Promise<void> {
    const current = () => this.#given === given;
    try {
      const collection = await given;
      if (!current()) return;
      this.#collection = collection;
      this.#ask();
      const count = await collection.count();
      if (current()) this.#emit("ready", { count });
    } catch (error) {
      if (current()) this.#fail(error);
    }
  }

  #update(): void {
    const last = this.#shown;
    const state = this.#search.getSnapshot();
    this.#shown = state;
    this.#popup.show(state);
    const { status, text, rows, timings, error } = state;
    if (status === "failed" && error !== last.error) this.#fail(error);
    if (status === "ready" && rows !== last.rows) this.#emit("search", { text, rows, timings });
  }

  /** Names the field and the list for those who do not see them. */
  #describe(): void {
    const { input, clear, list } = this.#shell;
    const { label, clear: clearing, list: results } = this.#messages;
    const labels = [...this.#internals.labels].map(({ textContent }) => textContent?.trim());
    input.placeholder = this.placeholder;
    input.setAttribute("aria-label", this.getAttribute("label") || labels.join(" ") || label);
    clear.setAttribute("aria-label", clearing);
    list.setAttribute("aria-label", results);
  }

  #fail(error: unknown): void {
    this.#emit("error", { error });
  }

  /** Whether nobody prevented it. `ready` and `error` do not bubble, as those of an image do not. */
  #emit(type: string, detail: object): boolean {
    const bubbles = type === "search" || type === "select";
    const cancelable = type === "select";
    return this.dispatchEvent(
      new CustomEvent(type, { detail, bubbles, cancelable, composed: true }),
    );
  }

  /** Takes what a page set on the element before it was defined. */
  #upgrade(property: (typeof PROPERTIES)[number]): void {
    if (!Object.hasOwn(this, property)) return;
    const value = this[property];
    Reflect.deleteProperty(this, property);
    Object.assign(this, { [property]: value });
  }
}
