import { type DefaultTreeAdapterMap, parse } from "parse5";
import type { PageSection, SitePage } from "./site-page.js";

type Node = DefaultTreeAdapterMap["node"];
type Element = DefaultTreeAdapterMap["element"];

/** A page's text, without its address; undefined where the page asks not to be found (robots: noindex). */
export type HtmlPage = Omit<SitePage, "url">;

/** What is no content of a page. */
const SKIPPED = new Set(
  "script style noscript template svg math nav footer form iframe object canvas audio video dialog".split(
    " ",
  ),
);
const BLOCKS = new Set(
  "address article aside blockquote body dd div dl dt figcaption figure h1 h2 h3 h4 h5 h6 header hr li main ol p pre section table tbody td th thead tr ul details summary".split(
    " ",
  ),
);
const HEADING = /^h[1-6]$/;

/**
 * What of an HTML page is searched: the elements with data-pagevec-body, else <main>, else the <article>s, else
 * <body>; in them neither navigation, forms and scripts nor what has data-pagevec-ignore. Pagefind's attributes,
 * data-pagefind-body and data-pagefind-ignore, count as well. A heading begins a section; its id is the
 * anchor.
 */
export function htmlPage(html: string): HtmlPage | undefined {
  const document = parse(html);
  const elements = [...descendants(document)];
  const robots = elements.find((element) => isMeta(element, "robots"));
  if (robots && /noindex|none/i.test(attribute(robots, "content") ?? "")) return undefined;
  const root = elements.find(({ tagName }) => tagName === "html");
  const title = elements.find(({ tagName }) => tagName === "title");
  const language = root && attribute(root, "lang");
  const reader = new PageReader();
  for (const body of bodiesOf(elements)) reader.read(body);
  const sections = reader.finish();
  const named = title ? collapse(textOf(title)) : "";
  return {
    title: named || sections.find(({ heading }) => heading !== "")?.heading || "",
    ...(language ? { language } : {}),
    sections,
  };
}

function bodiesOf(elements: Element[]): Element[] {
  const kinds: ((element: Element) => boolean)[] = [
    (element) => marked(element, "body"),
    ({ tagName }) => tagName === "main",
    ({ tagName }) => tagName === "article",
    ({ tagName }) => tagName === "body",
  ];
  for (const is of kinds) {
    const found = elements.filter(is);
    // One within another is read with it.
    if (found.length > 0) return found.filter((each) => !found.some((other) => holds(other, each)));
  }
  return [];
}

/** Reads elements in order into sections. */
class PageReader {
  private readonly sections: Required<PageSection>[] = [];
  private section: Required<PageSection> = { anchor: "", heading: "", text: "" };

  read(node: Node): void {
    if (node.nodeName === "#text") {
      this.section.text += collapseKeeping((node as { value: string }).value);
      return;
    }
    const element = node as Element;
    if (element.tagName && (SKIPPED.has(element.tagName) || marked(element, "ignore"))) return;
    if (element.tagName && HEADING.test(element.tagName)) return this.begin(element);
    if (element.tagName === "br") this.section.text += "\n";
    if (element.tagName === "img") this.section.text += ` ${attribute(element, "alt") ?? ""} `;
    const block = BLOCKS.has(element.tagName ?? "");
    if (block) this.section.text += "\n\n";
    if (element.tagName === "pre") this.section.text += textOf(element);
    else for (const child of element.childNodes ?? []) this.read(child);
    if (block) this.section.text += "\n\n";
  }

  finish(): PageSection[] {
    this.close();
    return this.sections;
  }

  private begin(heading: Element): void {
    this.close();
    const inside = [heading, ...descendants(heading)].map((element) => attribute(element, "id"));
    const own = [...descendants(heading)].filter((element) => marked(element, "ignore"));
    const text = collapse(textOf(heading, new Set(own)));
    // Links to the heading itself, as site generators put them.
    const shown = text.replace(/\s*[#¶§🔗]\s*$/u, "");
    this.section = { anchor: inside.find((id) => id) ?? "", heading: shown, text: "" };
  }

  private close(): void {
    const text = this.section.text
      .replace(/[^\S\n]*\n[^\S\n]*/g, "\n")
      .replace(/\n{3,}/g, "\n\n")
      .trim();
    // A heading without a text of its own is found too.
    const shown = text || this.section.heading;
    if (shown !== "") this.sections.push({ ...this.section, text: shown });
  }
}

function* descendants(node: Node): Generator<Element> {
  for (const child of (node as Element).childNodes ?? []) {
    if ((child as Element).tagName) yield child as Element;
    yield* descendants(child);
  }
}

function holds(outer: Element, inner: Element): boolean {
  let node: Node | null = inner.parentNode;
  while (node) {
    if (node === outer) return true;
    node = (node as Element).parentNode ?? null;
  }
  return false;
}

function marked(element: Element, what: "body" | "ignore"): boolean {
  return ["pagevec", "pagefind"].some(
    (library) => attribute(element, `data-${library}-${what}`) !== undefined,
  );
}

function isMeta(element: Element, name: string): boolean {
  return element.tagName === "meta" && attribute(element, "name")?.toLowerCase() === name;
}

function attribute(element: Element, name: string): string | undefined {
  return element.attrs?.find((each) => each.name === name)?.value;
}

function textOf(node: Node, without: ReadonlySet<Node> = new Set()): string {
  if (without.has(node)) return "";
  if (node.nodeName === "#text") return (node as { value: string }).value;
  return ((node as Element).childNodes ?? []).map((child) => textOf(child, without)).join("");
}

function collapse(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}

function collapseKeeping(text: string): string {
  return text.replace(/\s+/g, " ");
}
