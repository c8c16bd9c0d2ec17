import { readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { blocksOf, pageWith } from "./recipe-pages.mjs";

const ROOT = new URL("../../", import.meta.url);
/** Documents whose code a page can run, all of it. */
const DOCUMENTS = ["docs/adapters.md", "docs/index.md", "docs/servers.md", "docs/sync.md"];

/**
 * The sections with JavaScript of these documents.
 * @returns {Promise<Map<string, {language: string, mark: string, code: string}[]>>} their code blocks, by the
 *   document's name and the heading: "adapters.ai-sdk"; what stands before the first one: "adapters"
 */
export async function readGuides() {
  const guides = new Map();
  for (const path of DOCUMENTS) {
    const document = basename(path, ".md").toLowerCase();
    const [top, ...sections] = (await readFile(new URL(path, ROOT), "utf8")).split(/^###? /m);
    guides.set(document, blocksOf(top));
    for (const section of sections) {
      const heading = section.slice(0, section.indexOf("\n")).toLowerCase();
      const slug = heading.replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "");
      guides.set(`${document}.${slug}`, blocksOf(section));
    }
  }
  for (const [name, blocks] of guides) if (!blocks.some(isScript)) guides.delete(name);
  return guides;
}

/** Writes a page for each section, its scripts one after another as they stand there. */
export async function writeGuides(folder, guides) {
  for (const [name, blocks] of guides) {
    const script = blocks.filter(isScript);
    await writeFile(join(folder, `${name}.js`), script.map(({ code }) => code).join("\n"));
    await writeFile(join(folder, `${name}.html`), pageWith("", `${name}.js`));
  }
}

function isScript({ language }) {
  return language === "js";
}
