import type { SearchRow } from "../collection/search/search-types.js";
import { invalid, shown } from "../collection/validate.js";
import { make } from "./shell.js";

/** How much of a document is shown that has no passage to show. */
const LENGTH = 160;
const ELLIPSIS = "\u2026";

/** A result as it looks unless the page says otherwise: metadata.title, and the passage. */
export function defaultResult(row: SearchRow): Node {
  const content = document.createDocumentFragment();
  for (const [part, nodes] of [
    ["title", fieldNodes(row, "metadata.title")],
    ["text", fieldNodes(row, "document")],
  ] as const) {
    if (nodes.length === 0) continue;
    const line = make("div", part);
    line.append(...nodes);
    content.append(line);
  }
  if (!content.hasChildNodes()) content.append(row.id);
  return content;
}

/**
 * A copy of the page's template: every element with data-field gets that field of the result, as
 * text; without a value the element is left out.
 * @throws invalid_argument for a field that is none
 */
export function templateResult(template: HTMLTemplateElement, row: SearchRow): Node {
  const content = document.importNode(template.content, true);
  for (const element of content.querySelectorAll("[data-field]")) {
    const nodes = fieldNodes(row, element.getAttribute("data-field") ?? "");
    if (nodes.length === 0) element.remove();
    else element.replaceChildren(...nodes);
  }
  return content;
}

function fieldNodes(row: SearchRow, field: string): Node[] {
  if (field === "document") return documentNodes(row);
  if (field === "id") return textNodes(row.id);
  if (field === "score" || field === "distance") return textNodes(row[field]?.toPrecision(3));
  if (!field.startsWith("metadata.")) {
    throw invalid(
      `data-field must be id, document, score, distance or metadata.KEY, got ${shown(field)}`,
    );
  }
  const key = field.slice("metadata.".length);
  const value = row.metadata && Object.hasOwn(row.metadata, key) ? row.metadata[key] : null;
  return textNodes(Array.isArray(value) ? value.join(", ") : value?.toString());
}

function textNodes(text = ""): Node[] {
  return text === "" ? [] : [document.createTextNode(text)];
}

/** The passage that matched, its matches as <mark>; else the document's beginning. */
function documentNodes({ document: text, passage, highlights }: SearchRow): Node[] {
  if (!text) return [];
  const found = highlights?.[0];
  const { begin, end } = found ?? passage ?? { begin: 0, end: beginningOf(text) };
  const nodes: Node[] = textNodes(begin > 0 ? ELLIPSIS : "");
  let at = begin;
  for (const [from, to] of found?.matches ?? []) {
    nodes.push(...textNodes(text.slice(at, from)));
    const mark = make("mark", "mark");
    mark.textContent = text.slice(from, to);
    nodes.push(mark);
    at = to;
  }
  nodes.push(...textNodes(text.slice(at, end)));
  return end < text.length ? [...nodes, ...textNodes(ELLIPSIS)] : nodes;
}

/** Where the last word ends that fits. */
function beginningOf(text: string): number {
  if (text.length <= LENGTH) return text.length;
  const space = text.lastIndexOf(" ", LENGTH);
  return space > 0 ? space : LENGTH;
}
