// Importing it defines <pagevec-search>: `pagevec/element`.
import { PagevecSearchElement } from "./search-element.js";

export type { SearchMessages } from "./messages.js";
export { PagevecSearchElement, type PagevecSearchEvents } from "./search-element.js";

declare global {
  interface HTMLElementTagNameMap {
    "pagevec-search": PagevecSearchElement;
  }
}

// Not on a server, and not twice: a page may have two copies of the package.
if (globalThis.customElements && !customElements.get("pagevec-search")) {
  customElements.define("pagevec-search", PagevecSearchElement);
}
