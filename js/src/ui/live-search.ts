import type { SearchParams, SearchResult, SearchRow } from "../collection/search/search-types.js";
import { checkCount, isPlainObject } from "../collection/validate.js";
import type { CallOptions, Metadata, Progress } from "../types.js";

/** What a search goes by besides its text. */
export interface LiveSearchOptions
  extends Omit<SearchParams, "text" | "embedding" | "nearText" | "nearMedia"> {
  /** For how many milliseconds a text must stay as it is before it is searched for. Default 120. */
  debounceMs?: number;
}

/** What a live search needs of a collection; a static index (docs/static.md) has it too. */
export interface SearchedCollection<M extends Metadata = Metadata> {
  search(params: SearchParams, options?: CallOptions): Promise<SearchResult<M>>;
  subscribe(listener: () => void): () => void;
}

/** Each state is an object of its own; what has not changed is the same object as before. */
export interface SearchState<M extends Metadata = Metadata> {
  /** The last answer. It stays while another text is searched for. */
  readonly rows: readonly SearchRow<M>[];
  /** The text that rows answer. */
  readonly text: string;
  /** "idle": there is no collection or no text. */
  readonly status: "idle" | "searching" | "ready" | "failed";
  /** Of the search under way, e.g. the download of the model. */
  readonly progress: Progress | undefined;
  /** With status "failed"; mostly a PagevecError. */
  readonly error: Error | undefined;
  readonly timings: SearchResult["timings"] | undefined;
}

interface Question<M extends Metadata> {
  collection: SearchedCollection<M> | null | undefined;
  text: string;
  options: LiveSearchOptions;
}

const DEBOUNCE_MS = 120;
/** Longer timers end at once. */
const LONGEST_MS = 0x7fffffff;
const IDLE: SearchState<never> = {
  rows: [],
  text: "",
  status: "idle",
  progress: undefined,
  error: undefined,
  timings: undefined,
};

/**
 * The answers to a text that changes, as it is typed. The last question counts: asking another
 * aborts the search under way, and no answer comes after a newer one's. When the collection
 * changes, the question is asked again. Works while it has subscribers, and rests without.
 */
export class LiveSearch<M extends Metadata = Metadata> {
  private readonly listeners = new Set<() => void>();
  private state: SearchState<M> = IDLE;
  private question: Question<M> = { collection: undefined, text: "", options: {} };
  private timer: ReturnType<typeof setTimeout> | undefined;
  private running: AbortController | undefined;
  /** A search that nobody wants any more, which loads the model that the next one needs. */
  private loading: AbortController | undefined;
  private outdated = false;
  private unfollow: (() => void) | undefined;

  /** Calls the listener after every change of the state. Returns what ends that. */
  readonly subscribe = (listener: () => void): (() => void) => {
    // One function may subscribe twice.
    const own = () => listener();
    this.listeners.add(own);
    if (this.listeners.size === 1) {
      this.follow();
      this.begin(0);
    }
    return () => {
      if (this.listeners.delete(own) && this.listeners.size === 0) this.rest();
    };
  };

  readonly getSnapshot = (): SearchState<M> => this.state;

  /**
   * Sets what is searched for; the same once more changes nothing. Options are compared by value,
   * functions and class instances (a stemmer, a reranker) by identity. A refused option is told as
   * any failure: status "failed".
   * @param text the spaces around it do not count
   */
  ask(
    collection: SearchedCollection<M> | null | undefined,
    text: string,
    options: LiveSearchOptions = {},
  ): void {
    const last = this.question;
    const next = { collection, text: text.trim(), options };
    if (same(last, next)) return;
    this.question = next;
    this.leave();
    if (collection !== last.collection) {
      // Rows of another collection answer nothing here.
      this.state = { ...IDLE };
      this.follow();
    }
    if (this.listeners.size === 0) return;
    const typed = collection === last.collection && next.text !== last.text;
    this.begin(typed ? undefined : 0);
  }

  /** Asks once more. For what the collection cannot know of; changes of its own it tells. */
  readonly refresh = (): void => {
    if (this.listeners.size === 0 || !this.hasQuestion() || this.timer !== undefined) return;
    // It would never end if every change made it begin anew.
    if (this.running) this.outdated = true;
    else this.later(undefined);
  };

  /** Searches at once for a text that waits for its debounceMs to pass. */
  readonly flush = (): void => {
    if (this.timer === undefined) return;
    clearTimeout(this.timer);
    void this.search();
  };

  private hasQuestion(): boolean {
    return Boolean(this.question.collection) && this.question.text !== "";
  }

  private begin(delay: number | undefined): void {
    if (this.hasQuestion()) {
      this.set({ ...this.state, status: "searching", progress: undefined, error: undefined });
      this.later(delay);
    } else if (this.state !== IDLE) {
      this.set(IDLE);
    }
  }

  private later(delay: number | undefined): void {
    try {
      const { debounceMs = DEBOUNCE_MS } = this.question.options;
      const wait = checkCount(debounceMs, "debounceMs", 0, LONGEST_MS);
      this.timer = setTimeout(() => this.search(), delay ?? wait);
    } catch (error) {
      this.fail(error, false);
    }
  }

  private async search(): Promise<void> {
    this.timer = undefined;
    this.outdated = false;
    const controller = new AbortController();
    const { signal } = controller;
    this.running = controller;
    const current = () => this.running === controller;
    const { question } = this;
    const { debounceMs, ...params } = question.options;
    // A search that only looks whether the answer is still the same does not show.
    const again = this.state.status !== "searching";
    const onProgress = (progress: Progress) => {
      if (!current()) return;
      this.endLoading();
      this.set({ ...this.state, progress });
    };
    try {
      const call = { ...params, text: question.text };
      const answer = await question.collection?.search(call, { signal, onProgress });
      if (!current() || !answer) return;
      const { rows, timings } = answer;
      const { text } = question;
      this.set({ ...IDLE, status: "ready", rows, text, timings });
    } catch (error) {
      if (current()) this.fail(error, again);
    } finally {
      if (this.loading === controller) this.loading = undefined;
      if (current()) this.end();
    }
  }

  /** @param again the rows answer the question that failed now */
  private fail(error: unknown, again: boolean): void {
    const { rows, text } = again ? this.state : IDLE;
    const cause = error instanceof Error ? error : new Error(String(error));
    this.set({ ...IDLE, rows, text, status: "failed", error: cause });
  }

  private end(): void {
    this.running = undefined;
    this.endLoading();
    if (this.outdated) this.refresh();
  }

  /** Leaves the search under way or planned. */
  private leave(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.outdated = false;
    const { running } = this;
    this.running = undefined;
    if (!running) return;
    // A model is loaded for all who wait: the load would end with the last of them, at every letter.
    if (this.state.progress && !this.loading) this.loading = running;
    else running.abort();
  }

  private endLoading(): void {
    this.loading?.abort();
    this.loading = undefined;
  }

  private follow(): void {
    this.unfollow?.();
    const { collection } = this.question;
    this.unfollow = this.listeners.size > 0 ? collection?.subscribe(this.refresh) : undefined;
  }

  private rest(): void {
    this.leave();
    this.endLoading();
    this.follow();
  }

  private set(state: SearchState<M>): void {
    this.state = state;
    for (const listener of [...this.listeners]) listener();
  }
}

/** Whether two values are one, or lists or plain objects of the same values. */
function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  const lists = Array.isArray(a) && Array.isArray(b);
  if (!lists && !(isPlainObject(a) && isPlainObject(b))) return false;
  return sameEntries(a as Record<string, unknown>, b as Record<string, unknown>);
}

function sameEntries(a: Record<string, unknown>, b: Record<string, unknown>): boolean {
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && same(a[key], b[key]))
  );
}
