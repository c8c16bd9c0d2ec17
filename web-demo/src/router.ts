import type { Context, View } from "./context.js";
import { byId, make } from "./dom.js";
import { VIEWS, type ViewEntry } from "./views.js";

/** Shows the view that the address names, and marks it in the navigation. */
export class Router {
  private readonly mounted = new Map<string, Promise<View>>();
  private current = "";

  constructor(private readonly context: Context) {
    const links = VIEWS.map(({ name, title }) => {
      const link = make("a", "", title);
      // Whole: a "#" alone is taken for a way within the page, to an element that is not there.
      link.href = new URL(`#${name}`, location.href).href;
      link.dataset.view = name;
      return link;
    });
    byId("nav").append(...links);
    addEventListener("hashchange", () => void this.go(true));
  }

  /** @param byVisitor moves the focus to the view, as a page load would. */
  async go(byVisitor = false): Promise<void> {
    const { entry, params } = readAddress();
    const root = rootOf(entry.name);
    if (this.current !== entry.name) {
      await this.leave();
      this.current = entry.name;
      this.mark(entry, root);
    }
    try {
      const view = await this.mount(entry, root);
      if (this.current !== entry.name) return; // the visitor went on meanwhile
      view.show(params);
      if (byVisitor && !root.contains(document.activeElement)) {
        root.querySelector<HTMLElement>("h2")?.focus({ preventScroll: true });
      }
    } catch (error) {
      this.mounted.delete(entry.name);
      this.context.status.showError(error);
    }
  }

  private mount(entry: ViewEntry, root: HTMLElement): Promise<View> {
    const known = this.mounted.get(entry.name);
    if (known) return known;
    const mounting = entry.load().then(({ mount }) => mount(root, this.context));
    this.mounted.set(entry.name, mounting);
    return mounting;
  }

  private async leave(): Promise<void> {
    const view = await this.mounted.get(this.current)?.catch(() => undefined);
    view?.hide();
  }

  private mark(entry: ViewEntry, root: HTMLElement): void {
    for (const view of document.querySelectorAll<HTMLElement>("main > .view")) {
      view.hidden = view !== root;
    }
    for (const link of byId("nav").querySelectorAll("a")) {
      if (link.dataset.view === entry.name) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    document.title = `${entry.title} · pagevec playground`;
    scrollTo({ top: 0, behavior: "instant" });
  }
}

/** `#name?key=value`; `#q=...` is how the first version of this page kept a query. */
function readAddress(): { entry: ViewEntry; params: URLSearchParams } {
  const hash = location.hash.slice(1);
  const [name = "", query = ""] = hash.startsWith("q=") ? ["search", hash] : splitOnce(hash, "?");
  const entry = VIEWS.find((view) => view.name === name) ?? VIEWS[0];
  return { entry, params: new URLSearchParams(query) };
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}

/** The view's element; the page's HTML has the first one's, so that it is there before any script. */
function rootOf(name: string): HTMLElement {
  const id = `view-${name}`;
  const found = document.getElementById(id);
  if (found) return found;
  const root = make("section", "view");
  root.id = id;
  byId("main").append(root);
  return root;
}
