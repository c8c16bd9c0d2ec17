import { posix } from "node:path";

const POLICY =
  "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; img-src 'self' data:";

/** A page of the site. All addresses in it are relative, so the site can lie in any folder. */
export function pageHtml({ path, title, html, section }, pages) {
  const root = posix.relative(posix.dirname(path), ".") || ".";
  const name = title === "pagevec" ? "pagevec" : `${escaped(title)} · pagevec`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="content-security-policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${name}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${root}/style.css">
<script type="module" src="${root}/assets/search.js"></script>
</head>
<body>
<header>
<a class="brand" href="${root}/index.html">pagevec</a>
<a class="to-contents" href="#contents">Contents</a>
<pagevec-search data-root="${root}/" label="Search the documentation" placeholder="Search" mode="keyword" limit="8"></pagevec-search>
</header>
<div class="columns">
<main${section === "API" ? ' class="api"' : ""}>
${html}
</main>
<nav id="contents" aria-label="Contents">
${contents(path, pages)}
</nav>
</div>
</body>
</html>
`;
}

function contents(current, pages) {
  const sections = new Map();
  for (const page of pages) {
    sections.set(page.section, [...(sections.get(page.section) ?? []), page]);
  }
  const item = ({ path, title }) => {
    const href = posix.relative(posix.dirname(current), path);
    const here = path === current ? ' aria-current="page"' : "";
    return `<li><a href="${href}"${here}>${escaped(title)}</a></li>`;
  };
  const list = ([section, members]) =>
    `<h2>${section}</h2>\n<ul>\n${members.map(item).join("\n")}\n</ul>`;
  return [...sections].map(list).join("\n");
}

function escaped(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
