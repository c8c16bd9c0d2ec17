import { spawnSync } from "node:child_process";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterEach, describe, expect, test } from "@jest/globals";
import { buildStatic } from "../../js/src/cli/build/build-static.js";
import { folderPages } from "../../js/src/cli/pages/folder.js";
import { htmlPage } from "../../js/src/cli/pages/html.js";
import { markdownPage } from "../../js/src/cli/pages/markdown.js";
import type { SitePage } from "../../js/src/cli/pages/site-page.js";
import { openStatic } from "../../js/src/static/index.js";
import { makeTinyBert } from "../support/tiny-bert.mjs";
import { pagesOf, randomTexts, temporaryFolder, WordEmbedding } from "./support/static-sites.js";

const removals: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const remove of removals.splice(0)) await remove();
});
async function newFolder(): Promise<string> {
  const [path, remove] = await temporaryFolder();
  removals.push(remove);
  return path;
}

const indexFiles = async (out: string) =>
  (await readdir(out)).filter((name) => name.endsWith(".pvs"));

describe("an index that is built again", () => {
  const TEXTS = randomTexts(900, 3);
  const build = (out: string, texts: string[], model = new WordEmbedding()) =>
    buildStatic({ pages: pagesOf(texts), out, embeddingFunction: model, suggestions: ["salt"] });

  test("is the same, byte for byte, and nothing is embedded or written", async () => {
    const out = await newFolder();
    const first = await build(out, TEXTS);
    expect(first).toMatchObject({
      passages: 900,
      embedded: new Set(TEXTS).size + 1,
      kept: 0,
      removed: 0,
    });
    const model = new WordEmbedding();
    const again = await build(out, TEXTS, model);
    expect(again).toMatchObject({ embedded: 0, reused: 900, written: 0, removed: 0 });
    expect(model.seen).toHaveLength(1);
    const other = await newFolder();
    await build(other, TEXTS);
    expect(await indexFiles(other)).toEqual(await indexFiles(out));
    const manifests = [out, other].map((folder) => readFile(join(folder, "manifest.json"), "utf8"));
    expect(await manifests[0]).toBe(await manifests[1]);
  });

  test("embeds what is new, and keeps the files of what has not changed", async () => {
    const out = await newFolder();
    await build(out, TEXTS);
    const changed = [...TEXTS];
    changed[450] = "something quite new";
    const model = new WordEmbedding();
    const report = await build(out, changed, model);
    expect(model.seen.filter((text) => text.startsWith("something"))).toHaveLength(1);
    expect(report).toMatchObject({ embedded: 1, reused: 899 });
    // One shard of texts, its cluster and the old one, some of the words, lengths and tables.
    expect(report.written).toBeLessThan(14);
    expect(report.kept).toBeGreaterThan(30);
    const index = await openStatic(out);
    const { rows } = await index.search({ text: "something quite", mode: "keyword" });
    expect(rows.map(({ id }) => id)).toEqual(["450"]);
    const old = await index.search({ text: TEXTS[450] as string, mode: "keyword" });
    expect(old.rows.every(({ document }) => document !== TEXTS[450])).toBe(true);
    await index.close();
  });

  test("answers as a new one does, after pages came and went", async () => {
    const [out, fresh] = [await newFolder(), await newFolder()];
    await build(out, TEXTS);
    const kept = TEXTS.filter((_, i) => i % 7 !== 2);
    const now = [...kept, ...randomTexts(60, 4)];
    await build(out, now);
    await build(fresh, now);
    const [one, two] = [await openStatic(out), await openStatic(fresh)];
    for (const text of ["salt iron", "river2 stone", "日本 café3", "winter summer root"]) {
      const both = await Promise.all(
        [one, two].map((index) => index.search({ text, mode: "keyword", limit: 50 })),
      );
      const scores = both.map(({ rows }) => rows.map(({ score }) => score));
      expect(scores[0]).toEqual(scores[1]);
    }
    expect(await one.count()).toBe(now.length);
    await Promise.all([one.close(), two.close()]);
    const few = await build(out, now.slice(0, 100));
    expect(few).toMatchObject({ passages: 100, embedded: 0 });
  });

  test("is made anew for another model, and where it cannot be read", async () => {
    const out = await newFolder();
    const texts = TEXTS.slice(0, 50);
    await build(out, texts);
    const other = await build(out, texts, new WordEmbedding(2));
    expect(other).toMatchObject({ embedded: new Set(texts).size + 1, reused: 0 });
    const [name = ""] = (await indexFiles(out)).filter((each) => each.startsWith("texts."));
    await writeFile(join(out, name), "damaged");
    const repaired = await build(out, texts, new WordEmbedding(2));
    expect(repaired.notReused).toMatch(/texts/);
    expect((await buildStatic({ pages: pagesOf(texts), out, fresh: true })).clusters).toBe(0);
  });

  test.each([
    [null, /pages\[0\] must be an object/],
    [{ url: "a", title: "A" }, /pages\[0\]\.sections must be an array/],
    [{ url: "a", sections: [] }, /pages\[0\]\.title must be a string, got undefined/],
    [{ url: "a", title: "A", sections: ["text"] }, /sections\[0\] must be an object/],
    [
      { url: "a", title: "A", sections: [{ text: 5 }] },
      /sections\[0\]\.text must be a string, got 5/,
    ],
    [{ url: "a", title: "A", metadata: { a: {} }, sections: [] }, /pages\[0\]\.metadata\.a/],
  ])("a page %j is refused, and nothing is written", async (page, message) => {
    const out = join(await newFolder(), "index");
    const pages = [page] as unknown as SitePage[];
    await expect(buildStatic({ pages, out })).rejects.toMatchObject({
      code: "invalid_argument",
      message: expect.stringMatching(message),
    });
    await expect(readdir(out)).rejects.toMatchObject({ code: "ENOENT" });
  });

  test("sections need neither a heading nor an anchor", async () => {
    const out = join(await newFolder(), "index");
    await buildStatic({ pages: [{ url: "a", title: "A", sections: [{ text: "salt" }] }], out });
    const index = await openStatic(out);
    const { rows } = await index.search({ text: "salt", mode: "keyword" });
    expect(rows).toMatchObject([
      { document: "salt", metadata: { url: expect.stringMatching(/a$/) } },
    ]);
    await index.close();
  });

  test("leaves everything as it was when the model fails", async () => {
    const out = await newFolder();
    await build(out, TEXTS.slice(0, 50));
    const before = await indexFiles(out);
    const failing = { name: "none", generate: async () => [new Float32Array([Number.NaN])] };
    const failed = buildStatic({ pages: pagesOf(TEXTS), out, embeddingFunction: failing });
    await expect(failed).rejects.toMatchObject({ code: "embedding_failed" });
    expect(await indexFiles(out)).toEqual(before);
    const options = { signal: AbortSignal.abort() };
    await expect(buildStatic({ pages: [], out }, options)).rejects.toMatchObject({
      code: "aborted",
    });
  });

  test("cuts long sections into passages that the model reads whole", async () => {
    const out = await newFolder();
    const text = Array.from({ length: 100 }, (_, i) => `Sentence number ${i} is here.`).join(" ");
    const page = { url: "a", title: "Long", sections: [{ anchor: "x", heading: "Part", text }] };
    const { passages } = await buildStatic({ pages: [page], out, maxTokens: 40 });
    expect(passages).toBeGreaterThan(12);
    const index = await openStatic(out);
    const { rows } = await index.search({ text: "number 77" });
    expect(rows).toHaveLength(1);
    expect(rows[0]?.document).toMatch(/number 77/);
    expect((rows[0]?.document ?? "").split(" ").length).toBeLessThanOrEqual(38);
    await index.close();
  });

  test("cuts between sentences of the page's language, else of the site's", async () => {
    // In Greek this is a question mark.
    const text = Array.from({ length: 40 }, (_, i) => `Τι κάνεις ${i} εδώ;`).join(" ");
    const cut = async (language: string | undefined, own?: string) => {
      const out = await newFolder();
      const sections = [{ anchor: "", heading: "", text }];
      const page = { url: "a", title: "", sections, ...(own ? { language: own } : {}) };
      await buildStatic({ pages: [page], out, maxTokens: 22, language });
      const index = await openStatic(out);
      const found = await index.search({ text: "κάνεις", limit: 100, onePerPage: false });
      await index.close();
      return found.rows.map(({ document }) => document ?? "");
    };
    const whole = (document: string) => /^Τι .*;$/.test(document);
    expect((await cut("el")).every(whole)).toBe(true);
    expect((await cut("en", "el")).every(whole)).toBe(true);
    expect((await cut("el", "no_language")).every(whole)).toBe(true);
    expect((await cut("en")).every(whole)).toBe(false);
    expect((await cut("el", "en")).every(whole)).toBe(false);
    await expect(cut("en_US")).rejects.toMatchObject({
      code: "invalid_argument",
      message: expect.stringMatching(/language must be a BCP 47 tag .* got "en_US"/),
    });
  });
});

describe("pages", () => {
  const HTML = `<!doctype html><html lang="en"><head><title> The   title </title></head><body>
    <nav>Menu</nav><main><h1 id="top">Start</h1><p>One <b>bold</b> word.<br>Next</p>
    <script>var hidden</script><p data-pagevec-ignore>ignored</p><div data-pagefind-ignore="all">too</div>
    <h2><a id="more" href="#more"></a>More ¶</h2><ul><li>first</li><li>second</li></ul>
    <pre>code   kept</pre><img alt="a picture"><h3>Empty</h3></main><footer>Foot</footer></body></html>`;

  test("of HTML: main, headings with anchors, without what is ignored", () => {
    expect(htmlPage(HTML)).toEqual({
      title: "The title",
      language: "en",
      sections: [
        { anchor: "top", heading: "Start", text: "One bold word.\nNext" },
        { anchor: "more", heading: "More", text: "first\n\nsecond\n\ncode   kept\n\na picture" },
        { anchor: "", heading: "Empty", text: "Empty" },
      ],
    });
  });

  test("of HTML: the element that is marked, else articles, else the body", () => {
    const texts = (html: string) => htmlPage(html)?.sections.map(({ text }) => text.trim());
    expect(texts("<main>no<p data-pagevec-body>yes</p></main>")).toEqual(["yes"]);
    expect(texts("<article>a<article>b</article></article>x<article>c</article>")).toEqual([
      "a\n\nb\n\nc",
    ]);
    expect(texts("<p>plain")).toEqual(["plain"]);
    expect(texts("")).toEqual([]);
    expect(htmlPage('<meta name="robots" content="NOINDEX"><p>secret')).toBeUndefined();
    expect(htmlPage("<h1>Only</h1><p>x")?.title).toBe("Only");
  });

  test("of Markdown: front matter, GitHub's anchors, drafts", () => {
    const markdown =
      '---\ntitle: "A: b"\nlang: fr\n---\n# Été `code`!\n\nText *here*.\n\n## Same\n\na\n\n## Same\n\nb\n';
    expect(markdownPage(markdown)).toEqual({
      title: "A: b",
      language: "fr",
      sections: [
        { anchor: "été-code", heading: "Été code!", text: "Text here." },
        { anchor: "same", heading: "Same", text: "a" },
        { anchor: "same-1", heading: "Same", text: "b" },
      ],
    });
    expect(markdownPage("---\ndraft: true\n---\ntext")).toBeUndefined();
  });

  test("of a folder, with addresses relative to the index", async () => {
    const folder = await newFolder();
    await mkdir(join(folder, "guide/.git"), { recursive: true });
    const files = {
      "index.html": "<p>home",
      "guide/index.html": "<p>guide",
      "guide/two words.md": "# Two",
      "note.txt": "plain",
      "robots.txt": "no",
      "guide/.git/x.html": "no",
    };
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
    const urls = async (options: { out: string; baseUrl?: string }) => {
      const found: string[] = [];
      for await (const { url } of folderPages(folder, options)) found.push(url);
      return found;
    };
    const out = join(folder, "search");
    expect(await urls({ out })).toEqual([
      "../guide/",
      "../guide/two%20words.html",
      "../",
      "../note.txt",
    ]);
    expect((await urls({ out: "/elsewhere", baseUrl: "/docs" }))[0]).toBe("/docs/guide/");
    await expect(urls({ out: "/elsewhere" })).rejects.toMatchObject({ code: "invalid_argument" });
    const missing = folderPages(join(folder, "none"), { out: join(folder, "none/x") });
    await expect(missing.next()).rejects.toMatchObject({ code: "not_found" });
  });
});

describe("the command pagevec", () => {
  const MAIN = fileURLToPath(new URL("../../js/dist/cli/main.js", import.meta.url));
  const run = (...args: string[]) => {
    const { stdout, stderr, status } = spawnSync(process.execPath, [MAIN, ...args], {
      encoding: "utf8",
    });
    return { stdout, stderr, status };
  };
  const json = (...args: string[]) => JSON.parse(run(...args, "--json").stdout);

  test("builds, inspects and asks an index", async () => {
    const folder = await newFolder();
    await writeFile(
      join(folder, "a.html"),
      "<title>Alpha</title><h1 id=h>Salt</h1><p>Iron and salt.",
    );
    await writeFile(join(folder, "b.md"), "# Beta\n\nOnly sugar.");
    const built = json("build", folder, "--no-vectors", "--name", "Site");
    expect(built).toMatchObject({
      pages: 2,
      passages: 2,
      embedded: 0,
      out: join(folder, "search"),
    });
    expect(run("build", folder, "--no-vectors", "--name", "Site").stdout).toMatch(/0 written/);
    const about = json("inspect", built.out, "--check");
    expect(about).toMatchObject({ name: "Site", passages: 2, model: null, checked: true });
    expect(about.kinds.texts).toMatchObject({ count: 1 });
    const { rows } = json("query", built.out, "iron");
    expect(rows).toHaveLength(1);
    expect(rows[0].metadata).toMatchObject({ title: "Alpha", heading: "Salt" });
    expect(rows[0].metadata.url).toMatch(/\/a\.html#h$/);
    expect(json("query", built.out, "be", "--suggest")[0]).toMatchObject({ text: "Beta" });
    expect(run("query", built.out, "suga", "--prefix").stdout).toMatch(/Only sugar/);
    const [name = ""] = (await indexFiles(built.out)).filter((each) => each.startsWith("texts."));
    await writeFile(join(built.out, name), "damaged");
    expect(json("inspect", built.out, "--check")).toMatchObject({ error: { code: "corrupt" } });
  }, 60_000);

  test("converts a model of a folder to a file that the engine reads", async () => {
    const folder = await newFolder();
    const tiny = makeTinyBert();
    for (const [path, content] of Object.entries(tiny.files)) {
      await mkdir(join(folder, "tiny", path, ".."), { recursive: true });
      await writeFile(join(folder, "tiny", path), content);
    }
    const out = join(folder, "tiny.pvm");
    const made = json("convert", join(folder, "tiny"), "--out", out);
    expect(made).toMatchObject({ out, dimensions: tiny.dimensions });
    expect((await readFile(out)).length).toBe(made.bytes);
    expect((await readFile(out)).subarray(0, 4).toString()).toBe("PVVM");
    const site = join(folder, "site");
    await mkdir(site);
    await writeFile(join(site, "a.md"), "# House\n\nThe cat sits on the mat.");
    const built = json("build", site, "--model-url", out, "--threads", "1");
    expect(built).toMatchObject({ passages: 1 });
    expect(json("inspect", built.out)).toMatchObject({ model: { dimensions: tiny.dimensions } });
    const asked = json("query", built.out, "a dog in snow", "--model-url", out);
    expect(asked).toMatchObject({ mode: "hybrid", rows: [{ metadata: { title: "House" } }] });
  }, 60_000);

  test("takes the model from a folder, or from another address", async () => {
    const folder = await newFolder();
    const models = join(folder, "models");
    for (const [path, content] of Object.entries(makeTinyBert().files)) {
      await mkdir(join(models, path, ".."), { recursive: true });
      await writeFile(join(models, path), content);
    }
    const site = join(folder, "site");
    await mkdir(site);
    await writeFile(
      join(site, "a.md"),
      "# House\n\nThe cat sits on the mat.\n\n# Weather\n\nRain and wind.",
    );
    const model = ["--model", "tiny", "--threads", "1"];
    const built = json("build", site, ...model, "--model-url", models);
    expect(built).toMatchObject({ passages: 2, clusters: 1 });
    const address = pathToFileURL(models).href;
    const again = json("build", site, ...model, "--model-url", "/none", "--model-url", address);
    expect(again).toMatchObject({ embedded: 0, reused: 2, written: 0 });
    const asked = ["query", built.out, "a dog in snow"] as const;
    expect(json(...asked, "--model", "tiny", "--model-url", models)).toMatchObject({
      mode: "hybrid",
    });
    expect(run(...asked, "--mode", "vector").stderr).toMatch(
      /choose one of --suggest, or name the model by --model/,
    );
    const missing = run("build", site, "--model-url", join(folder, "none", "all-MiniLM-L6-v2.pvm"));
    expect(missing.stderr).toMatch(
      /none\/all-MiniLM-L6-v2.pvm cannot be read.*--model-url takes the model from another place/,
    );
    const unknown = run("build", site, "--model", "tiny");
    expect(unknown.stderr).toMatch(/"tiny" is no model .* for another place pass --model-url/);
    expect(run("convert", "tiny").stderr).toMatch(/for another place pass --model-url/);
    const out = join(folder, "tiny.pvm");
    const made = json("convert", "tiny", "--model-url", address, "--out", out);
    expect(made).toMatchObject({ out });
  }, 60_000);

  test("says what is wrong, and what helps", () => {
    expect(run("biuld")).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/no command "biuld"; one of build/),
    });
    expect(run("query", "one")).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/pagevec query INDEX TEXT/),
    });
    expect(run("build", "x", "--nope").stderr).toMatch(/--nope/);
    expect(run("build", "/none", "--no-vectors").stderr).toMatch(/cannot be read/);
    expect(run("build", "x", "--recall", "no").stderr).toMatch(/--recall must be a number/);
    const onlyWords = ["build", ".", "--no-vectors"] as const;
    expect(run(...onlyWords, "--recall", "2").stderr).toMatch(
      /^pagevec: --recall must be .* 0 to 1, got 2/,
    );
    const half = run(...onlyWords, "--max-suggestions", "0.5");
    expect(half.stderr).toMatch(/^pagevec: --max-suggestions must be a whole number/);
    expect(run(...onlyWords, "--out", "/elsewhere").stderr).toMatch(/--base-url/);
    expect(run("build", "--help").stdout).toMatch(/--model-url PLACE/);
    expect(run("--help")).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/Usage: pagevec COMMAND/),
    });
    expect(run("build", "--help")).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/--no-vectors/),
    });
    expect(json("inspect", "/none").error.code).toBe("not_found");
  }, 60_000);
});
