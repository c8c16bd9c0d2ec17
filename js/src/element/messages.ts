import type { Progress } from "../types.js";

/** What the element says by itself. English unless the page sets others. */
export interface SearchMessages {
  /** The name of the field, where the page gives it none. */
  label: string;
  /** The name of the button that empties the field. */
  clear: string;
  /** The name of the list. */
  list: string;
  /** Shown and read out for 0; read out for more. */
  results(count: number): string;
  /** While something is loaded, e.g. the model at the first search. */
  loading(progress: Progress): string;
  failed: string;
}

export const ENGLISH: SearchMessages = {
  label: "Search",
  clear: "Clear",
  list: "Results",
  results: (count) => (count === 0 ? "No results" : `${count} result${count === 1 ? "" : "s"}`),
  loading: ({ done, total }) =>
    total > 0 ? `Getting ready: ${Math.floor((100 * done) / total)} %` : "Getting ready",
  failed: "The search failed",
};
