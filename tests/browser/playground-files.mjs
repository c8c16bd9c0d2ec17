import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BROKEN, files, prose, SOUND } from "./playground-documents.mjs";
import { openView, phase, until } from "./playground-page.mjs";

const MINUTE = 60_000;
/** A busy machine is forgiven more than the 50 ms that count as smooth. */
const LONGEST_TASK = 250;

const row = (name) => `.file[data-name="${name}"]`;
const inPhase = (page, name, ...phases) =>
  page.waitForSelector(phases.map((each) => `${row(name)}[data-phase="${each}"]`).join(","), {
    timeout: 3 * MINUTE,
  });
const noteOf = (page, name) => page.textContent(`${row(name)} .file-note`);

export async function filesView(test, visit) {
  const { page, device } = visit;
  await openView(page, "files");

  await test("files wait for the model, which is only downloaded on a click", async () => {
    await page.setInputFiles("#file-input", files(SOUND));
    await until(page, () =>
      document.querySelector(".file .file-note")?.textContent.includes("for the model"),
    );
    assert.equal(await page.getAttribute("#model", "data-phase"), "absent");
    await page.click("#files-get-model");
    await phase(page, "ready");
  });

  await test("text, markdown, HTML, PDF, CSV and JSON come in, and each is found", async () => {
    for (const name of Object.keys(SOUND)) await inPhase(page, name, "kept", "failed");
    for (const [name, { query, found, page2 }] of Object.entries(SOUND)) {
      assert.match(await noteOf(page, name), /^\d+ records? of/, name);
      const first = await search(visit, query);
      assert.match(first.document, found, name);
      assert.equal(first.metadata.file, name);
      if (page2) assert.equal(first.metadata.page, 2);
    }
  });

  await test("what a reader does not see is not in it; values of tables keep their types", async () => {
    for (const word of ["magma", "lava", "menu"]) {
      assert.equal(await search(visit, word), undefined, word);
    }
    const { metadata } = await search(visit, "machines");
    const { year, classic, title, row: place } = metadata;
    assert.deepEqual([year, classic, title, place], [1927, true, "Metropolis", 2]);
    assert.deepEqual((await search(visit, "wren")).metadata.tags, ["small", "brown"]);
    assert.equal((await search(visit, "suspension")).metadata.heading, "Bridges");
  });

  await test("each broken file says what is wrong with it, and the others come in", async () => {
    const after = { "after.txt": { body: "The last one is a lighthouse." } };
    await page.setInputFiles("#file-input", files({ ...BROKEN, ...after }));
    for (const [name, { told }] of Object.entries(BROKEN)) {
      await inPhase(page, name, "failed", "kept");
      assert.match(await noteOf(page, name), told, name);
    }
    await inPhase(page, "after.txt", "kept");
    assert.equal(await page.isVisible("#error"), false);
  });

  await test("a stopped file goes on where it was; a changed one takes the old one's place", async () => {
    const body = prose(device === "desktop" ? 300 : 200);
    await page.setInputFiles("#file-input", files({ "long.txt": { body } }));
    await until(page, () => {
      const note = document.querySelector('.file[data-name="long.txt"] .file-note');
      return /embedding, (9|\d\d+) of/.test(note?.textContent ?? "");
    });
    await page.click(`${row("long.txt")} button`);
    await inPhase(page, "long.txt", "stopped");
    const kept = await countOf(visit, "long.txt");
    assert(kept > 0, "nothing of it was kept");
    await watchNotes(page, "long.txt");
    await page.setInputFiles("#file-input", files({ "long.txt": { body } }));
    await inPhase(page, "long.txt", "kept");
    const all = await countOf(visit, "long.txt");
    assert(all > kept, `${kept} were all`);
    const firsts = (await page.evaluate(() => window.notes))
      .map((note) => /embedding, (\d+) of/.exec(note)?.[1])
      .filter(Boolean)
      .map(Number);
    // The first progress that is told is where the last visit ended, but for what is looked up.
    assert(firsts.filter((done) => done > 0)[0] >= kept, `${firsts.slice(0, 4)}, kept ${kept}`);
    await page.setInputFiles("#file-input", files({ "long.txt": { body: prose(3, "newer") } }));
    await until(page, () =>
      /^1 record of/.test(
        document.querySelector('.file[data-name="long.txt"] .file-note').textContent,
      ),
    );
    assert.equal(await countOf(visit, "long.txt"), 1);
  });

  await test("a big file is read beside the page, which stays free", async () => {
    await page.evaluate(() => {
      window.longTasks = [];
      new PerformanceObserver((list) => {
        for (const { duration } of list.getEntries()) window.longTasks.push(Math.round(duration));
      }).observe({ type: "longtask" });
    });
    const rows = Array.from({ length: 60_000 }, (_, i) => `${i},name ${i},"${"word ".repeat(40)}"`);
    // From the disk: the test's own copying would hold the page up.
    const folder = await mkdtemp(join(tmpdir(), "pagevec-files-"));
    await writeFile(join(folder, "big.csv"), ["id,name,text", ...rows].join("\n"));
    await page.setInputFiles("#file-input", join(folder, "big.csv"));
    await inPhase(page, "big.csv", "embedding");
    const total = Number(/of ([\d,]+)/.exec(await noteOf(page, "big.csv"))[1].replaceAll(",", ""));
    assert.equal(total, 60_000);
    await page.click(`${row("big.csv")} button`);
    await inPhase(page, "big.csv", "stopped");
    const tasks = await page.evaluate(() => window.longTasks);
    console.log(`playground-panels: ${device}, long tasks at a file of 14 MB: ${tasks} ms`);
    assert(Math.max(0, ...tasks) < LONGEST_TASK, String(tasks));
    await rm(folder, { recursive: true });
  });

  await test("files are dropped, texts are pasted, and removed again", async () => {
    await page.evaluate(() => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File(["A dropped submarine."], "dropped.txt"));
      for (const type of ["dragover", "drop"]) {
        const event = new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true });
        document.querySelector("#drop").dispatchEvent(event);
      }
    });
    await inPhase(page, "dropped.txt", "kept");
    await page.click("#paste summary");
    await page.fill("#paste-name", "My note");
    await page.fill("#paste-text", "A pasted gyroscope.");
    await page.click("#paste button");
    await inPhase(page, "My note", "kept");
    assert.match((await search(visit, "gyroscope")).document, /pasted/);
    await page.fill("#paste-text", "A pasted theodolite.");
    await page.click("#paste button");
    await inPhase(page, "My note 2", "kept");
    assert.equal((await search(visit, "gyroscope")).metadata.file, "My note");
    for (const name of ["My note", "My note 2"]) {
      await page.click(`${row(name)} button`);
      await page.waitForSelector(row(name), { state: "detached" });
    }
    assert.equal(await search(visit, "gyroscope"), undefined);
    for (const name of ["big.csv", "long.txt"]) {
      await page.click(`${row(name)} button`);
      await page.waitForSelector(row(name), { state: "detached", timeout: MINUTE });
    }
  });

  await test("after a reload the files are there, and are searched by meaning", async () => {
    await page.reload();
    await page.waitForSelector("body[data-ready]", { timeout: MINUTE });
    await page.waitForSelector(`${row("sugar.txt")}[data-phase="kept"]`);
    await page.selectOption("#collection", "files");
    await openView(page, "search");
    await phase(page, "ready");
    await page.fill("#query", "how do green things feed themselves");
    const first = '[data-mode="vector"] .result >> nth=0';
    await page.waitForSelector('#columns[data-query="how do green things feed themselves"]');
    assert.match(await page.locator(first).textContent(), /Photosynthesis/);
    await openView(page, "files");
  });
}

export async function transfers(test, visit) {
  const { page } = visit;
  let file;
  await test("a collection is saved as one file", async () => {
    await page.selectOption("#export-what", "files");
    const [download] = await Promise.all([page.waitForEvent("download"), page.click("#export")]);
    assert.equal(download.suggestedFilename(), "files.pagevec");
    file = await readFile(await download.path());
    assert(file.length > 10_000, `${file.length} bytes`);
    await until(page, () => /saved/.test(document.querySelector("#export-note").textContent));
    assert(!(await page.isVisible("#export-bar")));
  });

  const choose = async (buffer, exists) => {
    await page.setInputFiles("#import-file", { name: "files.pagevec", mimeType: "", buffer });
    await page.selectOption("#import-exists", exists);
    await page.evaluate(() => (document.querySelector("#import-note").textContent = ""));
    await page.click("#import");
    await until(page, () => {
      const note = document.querySelector("#import-note").textContent;
      return document.querySelector("#import-cancel").hidden && note !== "";
    });
    return page.textContent("#import-note");
  };
  await test("a name that is taken stops it, is left out, replaced, or renamed", async () => {
    const records = await page.evaluate(
      () => document.querySelectorAll('.file[data-phase="kept"]').length,
    );
    assert(records >= 9);
    assert.match(await choose(file, "error"), /Nothing of it came in: .*already/);
    assert.match(await choose(file, "skip"), /files: left out/);
    assert.match(await choose(file, "replace"), /files: \d+ records in place of the old ones/);
    assert.match((await search(visit, "albatross")).document, /glides/);
    assert.match(await choose(file, "rename"), /files-2: \d+ records imported/);
    await page.waitForSelector('#collection option[value="files-2"]', { state: "attached" });
  });
  await test("both are stopped in the middle; nothing came in", async () => {
    const stop = (name) =>
      page.evaluate((id) => {
        document.querySelector(`#${id}`).click();
        document.querySelector(`#${id}-cancel`).click();
      }, name);
    const told = (name) =>
      until(page, (id) => /^stopped/.test(document.querySelector(`#${id}-note`).textContent), name);
    await stop("export");
    await told("export");
    const before = await page.$$eval("#collection option", (all) => all.length);
    await stop("import");
    await told("import");
    assert.equal(await page.isVisible("#error"), false);
    assert.equal((await page.$$("#collection option")).length, before);
  });
  await test("a damaged file brings nothing in, and the visitor is told", async () => {
    const damaged = Buffer.from(file);
    damaged[damaged.length >> 1] ^= 1;
    assert.match(await choose(damaged, "replace"), /damaged, or no file of pagevec's/);
    assert.match(await choose(Buffer.from("hello"), "replace"), /damaged, or no file of pagevec's/);
    assert.match((await search(visit, "albatross")).document, /glides/);
  });
}

/** The first record of the files by keywords, as another tab of this browser has it. */
function search({ inspector }, text) {
  return inspector.evaluate(async (query) => {
    const collection = await window.inspectFiles();
    const { rows } = await collection.search({ text: query, mode: "keyword", limit: 1 });
    return rows[0] && { document: rows[0].document, metadata: rows[0].metadata };
  }, text);
}

function countOf({ inspector }, file) {
  return inspector.evaluate(async (name) => {
    const collection = await window.inspectFiles();
    return (await collection.get({ where: { file: name }, include: [] })).ids.length;
  }, file);
}

function watchNotes(page, name) {
  return page.evaluate((file) => {
    window.notes = [];
    const note = document.querySelector(`.file[data-name="${file}"] .file-note`);
    new MutationObserver(() => window.notes.push(note.textContent)).observe(note, {
      childList: true,
      characterData: true,
      subtree: true,
    });
  }, name);
}
