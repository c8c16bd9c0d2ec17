import type { ViewModule } from "./context.js";

export interface ViewEntry {
  /** In the address: #name. */
  name: string;
  /** In the navigation. */
  title: string;
  load(): Promise<ViewModule>;
}

/** The page's views in the order of its navigation; the first one is what it opens with. */
export const VIEWS: readonly [ViewEntry, ...ViewEntry[]] = [
  { name: "search", title: "Search", load: () => import("./views/search/index.js") },
  { name: "map", title: "Map", load: () => import("./views/map/index.js") },
  { name: "index", title: "Index", load: () => import("./views/index/index.js") },
  { name: "files", title: "Files", load: () => import("./views/files/index.js") },
  { name: "ask", title: "Ask", load: () => import("./views/ask/index.js") },
  { name: "providers", title: "Providers", load: () => import("./views/providers/index.js") },
  { name: "doctor", title: "Doctor", load: () => import("./views/doctor/index.js") },
];
