import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Recipes that come first; the others follow by name. */
const FIRST = ["search-notes", "hybrid", "long-documents", "react"];
/** Of docs/: what is about the inside; all others are the guide. */
const INSIDE = ["design.md", "snapshot-format.md", "model-format.md", "performance.md"];

/**
 * Every page of the site, in the order of its contents. A page lies where its source does in the repository, so
 * that relative links stay as they are.
 * @param {string} api folder of typedoc's Markdown files
 * @returns {{section: string, path: string, source: string, text: string}[]}
 */
export function findPages(root, api) {
  const page = (section, source) => ({
    section,
    source,
    path: source === "README.md" ? "index.html" : source.replace(/\.md$/, ".html"),
    text: readFileSync(join(root, source), "utf8"),
  });
  const docs = markdownIn(root, "docs");
  const guide = docs.filter((path) => !INSIDE.includes(path.slice("docs/".length)));
  const recipes = markdownIn(root, "docs/recipes");
  const first = FIRST.map((name) => `docs/recipes/${name}.md`);
  const inside = INSIDE.map((name) => `docs/${name}`);
  const examples = readdirSync(join(root, "examples"))
    .sort()
    .map((name) => `examples/${name}/README.md`)
    .filter((path) => existsSync(join(root, path)));
  const sections = {
    Start: ["README.md"],
    Recipes: [...first, ...recipes.filter((path) => !first.includes(path))],
    "Coming from": markdownIn(root, "docs/migrate"),
    Guide: guide,
    Examples: ["examples/README.md", ...examples],
    Inside: [...inside, "CONTRIBUTING.md", "CHANGELOG.md"],
  };
  const pages = Object.entries(sections).flatMap(([section, sources]) =>
    sources.map((source) => page(section, source)),
  );
  return [...pages, ...apiPages(api)];
}

function apiPages(api) {
  return readdirSync(api, { recursive: true })
    .filter((path) => path.endsWith(".md"))
    .sort((a, b) => Number(b === "index.md") - Number(a === "index.md") || (a < b ? -1 : 1))
    .map((path) => ({
      section: "API",
      source: `api/${path}`,
      path: `api/${path.replace(/\.md$/, ".html")}`,
      text: readFileSync(join(api, path), "utf8"),
    }));
}

function markdownIn(root, folder) {
  const names = readdirSync(join(root, folder)).filter((name) => name.endsWith(".md"));
  return names.sort().map((name) => `${folder}/${name}`);
}
