import { existsSync, statSync } from "node:fs";
import { join } from "node:path";

/**
 * Links between pages that lead nowhere: no such page, no such heading in it, no such file.
 * @param {{source: string, path: string, links: string[], sections: {anchor: string}[]}[]} pages
 * @returns {string[]} what is wrong, a line each
 */
export function brokenLinks(pages, root) {
  const anchors = new Map(
    pages.map(({ path, sections }) => [path, new Set(sections.map(({ anchor }) => anchor))]),
  );
  const isFile = (path) => existsSync(join(root, path)) && statSync(join(root, path)).isFile();
  const problem = (link) => {
    const [path, anchor] = link.split("#");
    if (!anchors.has(path)) return isFile(path) ? undefined : `${path} does not exist`;
    const known = anchor === undefined || anchors.get(path).has(decodeURIComponent(anchor));
    return known ? undefined : `${path} has no heading #${anchor}`;
  };
  return pages.flatMap(({ source, links }) =>
    links
      .map(problem)
      .filter((found) => found !== undefined)
      .map((found) => `${source}: ${found}`),
  );
}
