import { lexer, type Token, type Tokens } from "marked";
import { sectionsOf, wholeText } from "./text.js";
import type { Section } from "./types.js";

/** Markdown: a section for each heading with what follows it, without the marks. */
export async function* parseMarkdown(file: File): AsyncGenerator<Section[]> {
  const text = await wholeText(file);
  let heading = "";
  let paragraphs: string[] = [];
  const sections: Section[] = [];
  const end = () => {
    const whole = [heading, ...paragraphs].filter((part) => part !== "").join("\n\n");
    if (paragraphs.length > 0) sections.push(...sectionsOf(whole, heading ? { heading } : {}));
    paragraphs = [];
  };
  for (const token of lexer(withoutFrontMatter(text))) {
    if (token.type === "heading") {
      end();
      heading = plain([token]);
    } else {
      const words = plain([token]).trim();
      if (words !== "") paragraphs.push(words);
    }
  }
  end();
  // A file of nothing but headings.
  if (sections.length === 0 && heading) sections.push({ text: heading, metadata: { heading } });
  if (sections.length > 0) yield sections;
}

function withoutFrontMatter(text: string): string {
  return text.replace(/^---\n[\s\S]*?\n---\n/, "");
}

/** What a reader sees of it. */
function plain(tokens: readonly Token[]): string {
  return tokens.map(words).join("");
}

function words(token: Token): string {
  switch (token.type) {
    case "list":
      return (token as Tokens.List).items.map((item) => `${plain(item.tokens)}\n`).join("");
    case "table": {
      const { header, rows } = token as Tokens.Table;
      return [header, ...rows].map((row) => row.map((c) => plain(c.tokens)).join(" | ")).join("\n");
    }
    case "html":
      return (token as Tokens.HTML).text.replace(/<[^>]*>/g, "");
    case "hr":
    case "def":
      return "";
    case "br":
      return "\n";
    case "image":
      return (token as Tokens.Image).text;
    case "space":
      return "\n";
  }
  if ("tokens" in token && token.tokens) return plain(token.tokens);
  return "text" in token ? unescaped(String(token.text)) : "";
}

/** marked escapes code and text for HTML. */
function unescaped(text: string): string {
  const characters: Record<string, string> = {
    "&lt;": "<",
    "&gt;": ">",
    "&quot;": '"',
    "&#39;": "'",
    "&amp;": "&",
  };
  return text.replace(/&(?:lt|gt|quot|#39|amp);/g, (entity) => characters[entity] ?? entity);
}
