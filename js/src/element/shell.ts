import { STYLE } from "./style.js";

/** What stands in the shadow root, whatever is searched for. */
export interface Shell {
  input: HTMLInputElement;
  clear: HTMLButtonElement;
  progress: HTMLElement;
  popup: HTMLElement;
  list: HTMLUListElement;
  message: HTMLElement;
  /** Read out by screen readers when it changes. */
  status: HTMLElement;
}

let styles: CSSStyleSheet | undefined;

/**
 * A text field with a list that pops up: the combobox of the ARIA Authoring Practices Guide,
 * https://www.w3.org/WAI/ARIA/apg/patterns/combobox/ (editable, list autocomplete).
 */
export function makeShell(root: ShadowRoot): Shell {
  // A sheet and not a <style>: the page's policy may forbid inline styles.
  if (!styles) {
    styles = new CSSStyleSheet();
    styles.replaceSync(STYLE);
  }
  root.adoptedStyleSheets = [styles];
  const box = make("div", "box");
  // Not of the type "search": browsers add a button and an event of their own to that.
  const input = make("input", "input", {
    role: "combobox",
    autocomplete: "off",
    spellcheck: "false",
    enterkeyhint: "search",
    "aria-autocomplete": "list",
    "aria-expanded": "false",
    "aria-controls": "list",
  });
  const clear = make("button", "clear", { type: "button" });
  clear.textContent = "×";
  const progress = make("div", "progress");
  box.append(input, clear, progress);
  const popup = make("div", "popup");
  const list = make("ul", "list", { id: "list", role: "listbox" });
  const message = make("p", "message");
  popup.append(list, message);
  const status = make("div", "status", { role: "status" });
  root.append(box, popup, status);
  for (const part of [clear, progress, popup]) part.hidden = true;
  return { input, clear, progress, popup, list, message, status };
}

/** An element with a part, by which pages style it. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  part: string,
  attributes: Record<string, string> = {},
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  element.setAttribute("part", part);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}
