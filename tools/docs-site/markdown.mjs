import { posix } from "node:path";
import MarkdownIt from "markdown-it";
import { createHighlighter } from "shiki";

const THEMES = { light: "github-light-high-contrast", dark: "github-dark-high-contrast" };
const LANGUAGES = ["bash", "html", "js", "json", "jsx", "ts", "tsx"];

/**
 * @returns {Promise<(page: {source: string, text: string}) => {title: string, html: string,
 *   sections: {anchor: string, title: string, level: number, text: string}[], links: string[], files: string[]}>}
 *   `links`: where the page's links lead, below the site's root; `files`: those of them that are not pages.
 */
export async function createRenderer() {
  const highlighter = await createHighlighter({ themes: Object.values(THEMES), langs: LANGUAGES });
  const markdown = new MarkdownIt({
    html: true,
    highlight: (code, language) => highlight(highlighter, code, language),
  });
  const { rules } = markdown.renderer;
  // Nothing of a document is HTML but its comments.
  rules.html_block = (tokens, i) => withoutComments(tokens[i].content);
  rules.html_inline = rules.html_block;
  rules.code_block = (tokens, i) =>
    highlight(highlighter, tokens[i].content, guess(tokens[i].content));
  rules.table_open = () => '<div class="table" tabindex="0"><table>\n';
  rules.table_close = () => "</table></div>\n";
  return (page) => render(markdown, page);
}

function render(markdown, { source, text }) {
  const env = {};
  const tokens = markdown.parse(text, env);
  const sections = nameSections(tokens);
  const links = [];
  const files = [];
  for (const token of tokens.flatMap(({ children }) => children ?? [])) {
    if (token.type !== "link_open") continue;
    const href = token.attrGet("href");
    if (/^[a-z]+:/.test(href)) continue;
    const [path, named] = href.split("#");
    const anchor = path === "" ? ownAnchor(named, sections) : named;
    const target = path === "" ? source : posix.join(posix.dirname(source), path);
    const page = pageOf(target);
    if (page === target) files.push(target);
    links.push(anchor === undefined ? page : `${page}#${anchor}`);
    const relative = path === "" ? "" : posix.relative(posix.dirname(pageOf(source)), page);
    token.attrSet("href", anchor === undefined ? relative : `${relative}#${anchor}`);
  }
  // A column without a name has no header.
  const html = markdown.renderer
    .render(tokens, markdown.options, env)
    .replaceAll("<th></th>", "<td></td>");
  const title = sections[0]?.title ?? source;
  return { title, html, sections, links, files };
}

/**
 * typedoc-plugin-markdown counts Client.storage and ClientStorage as one heading that comes twice, and links to
 * "clientstorage-1", although only the second is written.
 */
function ownAnchor(named, sections) {
  const has = (name) => sections.some(({ anchor }) => anchor === name);
  const first = named.replace(/-1$/, "");
  return !has(named) && has(first) ? first : named;
}

function pageOf(source) {
  return source === "README.md" ? "index.html" : source.replace(/\.md$/, ".html");
}

/** Gives each heading its anchor, as GitHub does, and collects the text below it. */
function nameSections(tokens) {
  const sections = [];
  const taken = new Map();
  for (const [i, token] of tokens.entries()) {
    if (token.type === "heading_open") {
      const title = textOf(tokens[i + 1]);
      const slug = slugOf(title);
      const times = taken.get(slug) ?? 0;
      taken.set(slug, times + 1);
      const anchor = times === 0 ? slug : `${slug}-${times}`;
      token.attrSet("id", anchor);
      sections.push({ anchor, title, level: Number(token.tag.slice(1)), text: "" });
    } else if (tokens[i - 1]?.type !== "heading_open" && sections.length > 0) {
      const text = token.type === "inline" ? textOf(token) : token.content;
      if (text) sections.at(-1).text += `${text}\n`;
    }
  }
  return sections;
}

function textOf(inline) {
  const parts = inline.children.filter(({ type }) => /^(text|code_inline|softbreak)$/.test(type));
  return parts.map(({ type, content }) => (type === "softbreak" ? " " : content)).join("");
}

function slugOf(title) {
  return title
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .replaceAll(" ", "-");
}

function highlight(highlighter, code, language) {
  const lang = LANGUAGES.includes(language) ? language : "text";
  return highlighter.codeToHtml(code.trimEnd(), {
    lang,
    themes: THEMES,
    defaultColor: "light-dark()",
    rootStyle: false,
  });
}

/** Blocks by indentation name no language. */
function guess(code) {
  if (/^\s*(\.\/|npm |npx |node |models\/|PAGEVEC_)/.test(code)) return "bash";
  return /\b(const|await|import|for)\b/.test(code) ? "js" : "text";
}

function withoutComments(html) {
  return html
    .replace(/<!--[\s\S]*?-->/g, "")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;");
}
