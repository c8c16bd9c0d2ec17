import "./map.css";
import type { Context, View } from "../../context.js";
import { byId } from "../../dom.js";
import markup from "./map.html?raw";
import { MapView } from "./map-view.js";

/** The collection as a map, laid out by PCA or UMAP. */
export function mount(root: HTMLElement, context: Context): View {
  root.innerHTML = markup;
  const view = new MapView(context);
  let visible = false;
  let stale = true;
  const refresh = () => {
    if (!visible || !stale) return;
    stale = false;
    void view.open();
  };
  context.shelf.subscribe((what) => {
    stale ||= what !== "list";
    if (what === "choice") refresh();
  });
  byId("map-method").addEventListener("change", () => void view.layOut());
  return {
    show() {
      visible = true;
      refresh();
    },
    hide() {
      visible = false;
      view.stop();
    },
  };
}
