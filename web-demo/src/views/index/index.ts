import type { View } from "../../context.js";
import { make } from "../../dom.js";

export function mount(root: HTMLElement): View {
  const heading = make("h2", "", "Index");
  heading.tabIndex = -1;
  root.append(heading);
  return { show() {}, hide() {} };
}
