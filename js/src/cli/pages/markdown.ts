import MarkdownIt from "markdown-it";
import { type HtmlPage, htmlPage } from "./html.js";

const FRONT_MATTER = /^---\r?\n([\s\S]*?)\r?\n---(?:\r?\n|$)/;

/**
 * A Markdown page: rendered as CommonMark with tables and HTML, then read as htmlPage() reads it. Headings have
 * the ids that GitHub gives them. Of the front matter `title`, `lang` and `draft` count.
 * @returns undefined for a draft
 */
export function markdownPage(markdown: string): HtmlPage | undefined {
  const [whole = "", block = ""] = FRONT_MATTER.exec(markdown) ?? [];
  const front = frontMatter(block);
  if (front.get("draft") === "true") return undefined;
  const renderer = new MarkdownIt({ html: true });
  renderer.core.ruler.push("heading_ids", (state) => {
    const taken = new Map<string, number>();
    for (const [i, token] of state.tokens.entries()) {
      if (token.type !== "heading_open") continue;
      token.attrSet("id", slugOf(state.tokens[i + 1]?.content ?? "", taken));
    }
  });
  const page = htmlPage(`<body>${renderer.render(markdown.slice(whole.length))}</body>`);
  if (!page) return undefined;
  const title = front.get("title") || page.title;
  const language = front.get("lang") ?? front.get("language");
  return { ...page, title, ...(language ? { language } : {}) };
}

/** Lines `key: value`; what YAML has beyond that is passed over. */
function frontMatter(block: string): Map<string, string> {
  const lines = block.matchAll(/^([\w-]+):[^\S\n]*(.*)$/gm);
  return new Map(
    [...lines].map(([, key = "", value = ""]) => [
      key.toLowerCase(),
      value.trim().replace(/^(["'])(.*)\1$/, "$2"),
    ]),
  );
}

/** GitHub's: lower case, without punctuation, spaces as hyphens; repeated ones are numbered. */
function slugOf(heading: string, taken: Map<string, number>): string {
  const plain = heading
    .replace(/[`*_]|!?\[([^\]]*)\]\([^)]*\)/g, "$1")
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}\p{Pc} -]/gu, "")
    .replaceAll(" ", "-");
  const count = taken.get(plain) ?? 0;
  taken.set(plain, count + 1);
  return count === 0 ? plain : `${plain}-${count}`;
}
