import assert from "node:assert/strict";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

const DOCS = new URL("../../docs/", import.meta.url);
const FOLDERS = ["recipes", "migrate"];
/** Its code before needs a server: only the types are looked at. */
const NEEDS_SERVER = "chromadb";
const MOUNT = `import { createElement } from "react";
import { createRoot } from "react-dom/client";
import { Notes } from "./react.jsx";
createRoot(document.querySelector("main")).render(createElement(Notes));
`;
/** For tests, in every page that is not a recipe's: all of pagevec on window. */
const SETUP = `import * as pagevec from "pagevec";
window.pagevec = pagevec;
`;

/**
 * The documents of docs/recipes and docs/migrate, their code blocks apart.
 * @returns {Promise<Map<string, {language: string, mark: string, code: string}[]>>} by the document's name
 */
export async function readRecipes() {
  const recipes = new Map();
  for (const folder of FOLDERS) {
    const names = (await readdir(new URL(folder, DOCS))).filter((name) => name.endsWith(".md"));
    for (const name of names.sort()) {
      const text = await readFile(new URL(`${folder}/${name}`, DOCS), "utf8");
      recipes.set(name.slice(0, -3), blocksOf(text));
    }
  }
  return recipes;
}

/** The code blocks of a text; what follows the language after their fence is the mark. */
export function blocksOf(text) {
  const blocks = [...text.matchAll(/^```(\w+) ?(.*)\n([\s\S]*?)^```$/gm)];
  return blocks.map(([, language, mark, code]) => ({ language, mark, code }));
}

/** Writes a page for each recipe, its code as it stands in the document, and each migration's code before. */
export async function writePages(folder, recipes) {
  for (const name of await readdir(folder)) {
    if (/\.html$|^before-/.test(name)) await rm(join(folder, name));
  }
  await writeFile(join(folder, "setup.js"), SETUP);
  await writeFile(join(folder, "setup.html"), pageWith("", "setup.js"));
  for (const [name, blocks] of recipes) {
    const page = blocks.find(({ code }) => /from "pagevec"/.test(code));
    assert.ok(page, `${name}.md has no code that uses pagevec`);
    const html = blocks.find(({ language }) => language === "html")?.code ?? "";
    // What follows on the page's code, in a block of its own.
    const more = blocks.find(({ mark }) => mark === "move")?.code ?? "";
    const script = page.language === "jsx" ? `${name}-mount.js` : `${name}.js`;
    if (page.language === "jsx") await writeFile(join(folder, script), MOUNT);
    await writeFile(join(folder, `${name}.${page.language}`), page.code + more);
    await writeFile(join(folder, `${name}.html`), pageWith(html, script));
    const before = blocks.find(({ mark }) => mark === "before");
    if (!before) continue;
    await writeFile(join(folder, `before-${name}.ts`), before.code);
    if (name === NEEDS_SERVER) continue;
    await writeFile(
      join(folder, `before-${name}.html`),
      pageWith("", "setup.js", `before-${name}.ts`),
    );
  }
}

/** A document with this in its body, and module scripts. */
export function pageWith(html, ...scripts) {
  const loaded = scripts.map((script) => `<script type="module" src="./${script}"></script>`);
  return `<!doctype html>
<meta charset="utf-8" />
<link rel="icon" href="data:," />
<main>${html}</main>
<p role="status"></p>
${loaded.join("\n")}
`;
}
