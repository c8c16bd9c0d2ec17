import { readdir, readFile } from "node:fs/promises";
import { basename, join, posix, relative, resolve, sep } from "node:path";
import { PagevecError, throwIfAborted } from "../../errors.js";
import type { CallOptions } from "../../types.js";
import { type HtmlPage, htmlPage } from "./html.js";
import { markdownPage } from "./markdown.js";
import type { SitePage } from "./site-page.js";

export interface FolderOptions {
  /** The folder of the index: it is left out, and pages' addresses are relative to it. */
  out: string;
  /**
   * What stands before a page's path in its address, e.g. "/" or "https://example.org/docs/". Default: the way from
   * the folder of the index to the pages, so that the site may lie anywhere.
   */
  baseUrl?: string;
  /** How the address of a Markdown page ends. Default ".html". */
  markdownAs?: string;
}

type Reader = (text: string, path: string) => HtmlPage | undefined;

const READERS: Record<string, Reader> = {
  ".html": htmlPage,
  ".htm": htmlPage,
  ".md": markdownPage,
  ".markdown": markdownPage,
  ".txt": (text, path) => ({
    title: basename(path),
    sections: [{ anchor: "", heading: "", text }],
  }),
};
const MARKDOWN = /\.(md|markdown)$/i;
/** For machines. */
const LEFT_OUT = /^(robots|humans|ads|security|llms(-full)?)\.txt$/i;

/**
 * The pages of a folder: HTML, Markdown and text files in it and below, in the order of their paths; not in folders
 * whose names begin with a dot, and not in node_modules. index.html is its folder's page.
 * @throws not_found; invalid_argument where the index would lie outside and baseUrl is not given; aborted
 */
export async function* folderPages(
  folder: string,
  options: FolderOptions,
  call: CallOptions = {},
): AsyncGenerator<SitePage> {
  const base = baseOf(folder, options);
  const paths = await pathsIn(resolve(folder), resolve(options.out));
  for (const [done, path] of paths.entries()) {
    throwIfAborted(call.signal);
    call.onProgress?.({ stage: "read", done, total: paths.length });
    const read = readerOf(path) as Reader;
    const page = read(await readFile(join(folder, path), "utf8"), path);
    if (page) yield { url: base + addressOf(path, options.markdownAs ?? ".html"), ...page };
  }
}

function baseOf(folder: string, { out, baseUrl }: FolderOptions): string {
  if (baseUrl !== undefined) return baseUrl.endsWith("/") ? baseUrl : `${baseUrl}/`;
  const way = relative(resolve(folder), resolve(out)).split(sep);
  if (way[0] !== "..") return way[0] === "" ? "./" : "../".repeat(way.length);
  throw new PagevecError(
    "invalid_argument",
    `the index, ${out}, is not inside of ${folder}, so the pages' addresses are not known; put it there, or give baseUrl (--base-url), such as "/"`,
  );
}

async function pathsIn(folder: string, out: string): Promise<string[]> {
  const found: string[] = [];
  const visit = async (below: string) => {
    const entries = await readdir(join(folder, below), { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = posix.join(below, entry.name);
      if (entry.isDirectory()) {
        const skipped = entry.name.startsWith(".") || entry.name === "node_modules";
        if (!skipped && resolve(folder, path) !== out) await visit(path);
      } else if (entry.isFile() && readerOf(path) && !LEFT_OUT.test(entry.name)) {
        found.push(path);
      }
    }
  };
  await visit("").catch((cause) => {
    throw new PagevecError("not_found", `${folder} cannot be read: ${cause}`, { cause });
  });
  return found;
}

function readerOf(path: string): Reader | undefined {
  return READERS[posix.extname(path).toLowerCase()];
}

function addressOf(path: string, markdownAs: string): string {
  return path
    .replace(MARKDOWN, markdownAs)
    .replace(/(^|\/)index\.html?$/, "$1")
    .split("/")
    .map(encodeURIComponent)
    .join("/");
}
