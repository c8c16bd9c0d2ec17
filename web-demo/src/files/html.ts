import { Parser } from "htmlparser2";
import { decoded, sectionsOf } from "./text.js";
import type { Section } from "./types.js";

/** What a reader does not read. */
const SKIPPED = new Set([
  "script",
  "style",
  "noscript",
  "template",
  "svg",
  "nav",
  "head",
  "iframe",
]);
/** Elements that stand on lines of their own. */
const BLOCKS = new Set(
  "address article aside blockquote br dd div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr li main ol p pre section table td th tr ul".split(
    " ",
  ),
);

/** A web page: its text, a section for each heading with what follows it; its title goes with all. */
export async function* parseHtml(file: File): AsyncGenerator<Section[]> {
  const page = new PageText();
  const parser = new Parser(page.handler, { decodeEntities: true });
  for await (const piece of decoded(file)) {
    parser.write(piece);
    const sections = page.take();
    if (sections.length > 0) yield sections;
  }
  parser.end();
  page.endSection();
  const rest = page.take();
  if (rest.length > 0) yield rest;
}

class PageText {
  private title = "";
  private heading = "";
  private text = "";
  private skipped: string[] = [];
  private inTitle = false;
  private inHeading = false;
  private sections: Section[] = [];

  readonly handler = {
    onopentag: (name: string) => this.open(name),
    onclosetag: (name: string) => this.close(name),
    ontext: (text: string) => this.add(text),
  };

  take(): Section[] {
    const taken = this.sections;
    this.sections = [];
    return taken;
  }

  endSection(): void {
    const text = [this.heading.trim(), tidy(this.text)].filter((part) => part !== "").join("\n");
    const metadata: Section["metadata"] = {};
    if (this.title.trim()) metadata.title = tidy(this.title);
    if (this.heading.trim()) metadata.heading = this.heading.trim();
    if (tidy(this.text) !== "") this.sections.push(...sectionsOf(text, metadata));
    this.text = "";
    this.heading = "";
  }

  private open(name: string): void {
    if (name === "title") this.inTitle = true;
    if (SKIPPED.has(name)) this.skipped.push(name);
    if (this.skipped.length > 0) return;
    if (/^h[1-6]$/.test(name)) {
      this.endSection();
      this.inHeading = true;
    } else if (BLOCKS.has(name)) this.text += "\n";
  }

  private close(name: string): void {
    if (name === "title") this.inTitle = false;
    if (this.skipped.at(-1) === name) this.skipped.pop();
    else if (/^h[1-6]$/.test(name)) this.inHeading = false;
    else if (BLOCKS.has(name) && this.skipped.length === 0) this.text += "\n";
  }

  private add(text: string): void {
    const words = text.replace(/\s+/g, " ");
    if (this.inTitle && this.title.length < 300) this.title += words;
    else if (this.skipped.length > 0) return;
    else if (this.inHeading) this.heading += words;
    else this.text += words;
  }
}

function tidy(text: string): string {
  return text
    .split("\n")
    .map((line) => line.replace(/ +/g, " ").trim())
    .join("\n")
    .replace(/\n{3,}/g, "\n\n")
    .trim();
}
