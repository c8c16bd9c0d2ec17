import { readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { blocksOf, pageWith } from "./recipe-pages.mjs";

const ROOT = new URL("../../", import.meta.url);
/** Documents whose code a page can run, all of it but what is marked "node". */
const DOCUMENTS = [
  "README.md",
  "docs/adapters.md",
  "docs/index.md",
  "docs/servers.md",
  "docs/static.md",
  "docs/sync.md",
];
/** Sections that tests/browser/readme.mjs runs. */
const ELSEWHERE = ["readme.quick-start", "readme.answers-from-your-documents"];
/** What a section makes and does not print, for its case: on window. */
const MADE = {
  static: "rows",
  "readme.other-models": "model, ranking, picture, science",
  "readme.model-services": "embeddingFunction",
};

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
  for (const [name, blocks] of guides) {
    if (!blocks.some(isScript) || ELSEWHERE.includes(name)) guides.delete(name);
  }
  return guides;
}

/** Writes a page for each section, its scripts one after another as they stand there. */
export async function writeGuides(folder, guides) {
  for (const [name, blocks] of guides) {
    const scripts = blocks.filter((block) => isScript(block) && block.mark !== "node");
    const made = MADE[name] ? `Object.assign(window, { ${MADE[name]} });\n` : "";
    const html = blocks.find(({ language }) => language === "html")?.code ?? "";
    await writeFile(join(folder, `${name}.js`), scripts.map(({ code }) => code).join("\n") + made);
    await writeFile(join(folder, `${name}.html`), pageWith(html, `${name}.js`));
  }
}

function isScript({ language }) {
  return language === "js";
}
