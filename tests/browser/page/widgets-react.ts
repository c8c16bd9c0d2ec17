import type { Collection, EmbeddingFunction, PagevecError } from "pagevec";
import {
  type LiveSearchOptions,
  type SearchState,
  type SharedCollectionOptions,
  useCollection,
  useSearch,
} from "pagevec/react";
import { createElement, StrictMode, useEffect, useState } from "react";
import { createRoot, type Root } from "react-dom/client";

interface Shown {
  status: SearchState["status"];
  answered: string;
  rows: string[];
  error: unknown;
}

/** What the components show, by their places, for the suite to read. */
interface Seen {
  statuses: string[][];
  collections: (Collection | undefined)[];
  shown: (Shown | undefined)[];
  /** Everything that the first one showed. */
  log: Shown[];
  openError: Error | undefined;
  setOptions: (options: LiveSearchOptions) => void;
}

/** What the suite gives them. */
interface Given {
  model: EmbeddingFunction;
  params: Partial<SharedCollectionOptions>;
}

const page = window as unknown as Seen & Given;
let root: Root | undefined;

/** A field and its search, as an application would write them. */
function Notes({ at, first }: { at: number; first: LiveSearchOptions | undefined }) {
  const opened = useCollection({
    client: { name: "react" },
    name: "notes",
    embeddingFunction: page.model,
    ...page.params,
  });
  const [text, setText] = useState("");
  const [options, setOptions] = useState<LiveSearchOptions>({ debounceMs: 0, ...first });
  const where = { lang: "en" };
  const asked = { mode: "vector", limit: 3, where, ...options } as const;
  const search = useSearch(opened.collection, text, asked);
  useEffect(() => {
    const { status, text: answered, rows, error } = search;
    const code = (error as PagevecError | undefined)?.code;
    const shown = { status, answered, rows: rows.map(({ id }) => id), error: code };
    if (page.statuses[at]?.at(-1) !== opened.status) page.statuses[at]?.push(opened.status);
    page.collections[at] = opened.collection;
    page.shown[at] = shown;
    if (at > 0) return;
    page.openError = opened.error;
    page.log.push(shown);
    page.setOptions = setOptions;
  });
  return createElement("input", {
    "aria-label": "Search",
    value: text,
    onChange: (event: React.ChangeEvent<HTMLInputElement>) => setText(event.target.value),
  });
}

/** Shows so many of them, in StrictMode, in place of those before. */
export function mountNotes(count: number, first?: LiveSearchOptions): void {
  root?.unmount();
  const places = [...Array(count).keys()];
  page.statuses = places.map(() => []);
  page.collections = places.map(() => undefined);
  page.shown = places.map(() => undefined);
  page.log = [];
  const main = document.createElement("main");
  document.body.replaceChildren(main);
  root = createRoot(main);
  const notes = places.map((at) => createElement(Notes, { key: at, at, first }));
  root.render(createElement(StrictMode, null, notes));
}
