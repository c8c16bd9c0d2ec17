import assert from "node:assert/strict";

const COUNT = 10_000;
let names = 0;

/** Collection.reembed() in real tabs: a reload in its middle, and tabs that leave writing to another. */
export async function reembed(test, environment) {
  const open = async (name, model = "small") => {
    const page = await environment.openPage();
    await page.evaluate(openNotes, [name, model]);
    return page;
  };

  await test("10,000 texts: a reload in the middle, and it goes on; searches answer meanwhile", async () => {
    const name = `reembed-${++names}`;
    let page = await open(name);
    await page.evaluate(fill, COUNT);
    await page.evaluate(startMove);
    await page.waitForFunction((most) => window.moved > most, COUNT / 3);
    const during = await page.evaluate(searchMany, 50);
    assert.deepEqual(during.wrong, []);
    const before = await page.evaluate(() => window.moved);
    assert(before < COUNT, "it was over before the reload");
    await page.close({ runBeforeUnload: false });

    page = await open(name);
    assert.deepEqual((await page.evaluate(searchMany, 50)).wrong, []);
    await page.evaluate(startMove);
    await page.waitForFunction(() => window.moved > 0);
    const first = await page.evaluate(() => window.firstMoved);
    assert(first >= before, `it went on at ${first}, and ${before} had been told`);
    // Writes while it goes on.
    await page.evaluate(() =>
      window.notes.upsert({ ids: ["id3", "new"], documents: ["three", "new"] }),
    );
    const searches = await page.evaluate(async () => {
      let count = 0;
      let longest = 0;
      const wrong = [];
      let done = false;
      const end = window.moving.then(() => {
        done = true;
      });
      for (; !done; ++count) {
        const began = performance.now();
        const { ids } = await window.notes.query({
          queryTexts: [`text ${count + 5}`],
          nResults: 1,
        });
        longest = Math.max(longest, performance.now() - began);
        if (ids[0][0] !== `id${count + 5}`) wrong.push([count, ids]);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      await end;
      return { count, longest, wrong };
    });
    assert.deepEqual(searches.wrong, []);
    console.log(
      `reembed: ${searches.count} searches while it went on, the longest ${searches.longest.toFixed(0)} ms`,
    );
    assert.equal(await page.evaluate(wrongVectors, "large"), 0);
    await page.close({ runBeforeUnload: false });

    page = await open(name, "large");
    assert.equal(await page.evaluate(wrongVectors, "large"), 0);
    assert.equal(await page.evaluate(() => window.notes.count()), COUNT + 1);
    const checked = await page.evaluate(() => window.client.check());
    assert.deepEqual(
      checked.map(({ name, copy, problems }) => [name, copy, problems]),
      [
        ["notes", "first", []],
        ["notes", "second", []],
      ],
    );
    await page.close({ runBeforeUnload: false });
  });

  await test("a tab that leaves writing to another moves a collection, and the others hear of it", async () => {
    const name = `reembed-${++names}`;
    const writer = await open(name);
    const other = await open(name);
    await writer.evaluate(fill, 600);
    assert.equal(
      await other.evaluate(async () => (await window.client.storage()).copy),
      "elsewhere",
    );
    await other.evaluate(startMove);
    // Both write while it goes on.
    for (let i = 0; i < 5; ++i) {
      for (const [page, who] of [
        [writer, "writer"],
        [other, "other"],
      ]) {
        await page
          .evaluate(
            ([i, who]) => window.notes.upsert({ ids: [`${who}${i}`], documents: [`${who} ${i}`] }),
            [i, who],
          )
          // The old function's vectors are refused once it is over.
          .catch((error) => assert.match(error.message, /was moved to another embedding function/));
      }
    }
    await other.evaluate(() => window.moving);
    assert.equal(await other.evaluate(wrongVectors, "large"), 0);
    const code = await writer.evaluate(() =>
      window.notes.query({ queryTexts: ["text 1"] }).then(
        () => "answered",
        ({ code }) => code,
      ),
    );
    assert.equal(code, "model_changed");
    await writer.evaluate(getNotes, "large");
    assert.equal(await writer.evaluate(wrongVectors, "large"), 0);
    await writer.evaluate(() => window.notes.add({ ids: ["after"], documents: ["after"] }));
    assert.equal(await other.evaluate(wrongVectors, "large"), 0);
    const counts = await Promise.all(
      [writer, other].map((page) => page.evaluate(() => window.notes.count())),
    );
    assert.equal(counts[0], counts[1]);
    await Promise.all([writer, other].map((page) => page.close({ runBeforeUnload: false })));
    const last = await open(name, "large");
    assert.equal(await last.evaluate(wrongVectors, "large"), 0);
    assert.equal(await last.evaluate(() => window.notes.count()), counts[0]);
    await last.close({ runBeforeUnload: false });
  });
}

async function openNotes([name, model]) {
  const dimensions = { small: 8, large: 12 };
  window.model = (which) => ({
    name: which,
    getConfig: () => ({ model: which }),
    vector: (text) =>
      Float32Array.from({ length: dimensions[which] }, (_, i) => {
        let hash = (i + 1) * 2654435761 + dimensions[which];
        for (const char of text) hash = Math.imul(hash ^ char.charCodeAt(0), 16777619);
        return ((hash >>> 8) % 1000) / 100;
      }),
    async generate(texts) {
      if (which === "large") await new Promise((resolve) => setTimeout(resolve, 20));
      return texts.map((text) => this.vector(text));
    },
  });
  window.client = await window.pagevec.Client.open({ name });
  window.notes = await window.client.getOrCreateCollection({
    name: "notes",
    embeddingFunction: window.model(model),
  });
}

async function getNotes(model) {
  window.notes = await window.client.getCollection({
    name: "notes",
    embeddingFunction: window.model(model),
  });
}

async function fill(count) {
  const numbers = Array.from({ length: count }, (_, i) => i);
  for (let begin = 0; begin < count; begin += 2000) {
    const some = numbers.slice(begin, begin + 2000);
    await window.notes.add({
      ids: some.map((i) => `id${i}`),
      documents: some.map((i) => `text ${i}`),
      metadatas: some.map((i) => ({ n: i })),
    });
  }
}

function startMove() {
  window.moved = 0;
  window.firstMoved = undefined;
  window.moving = window.notes.reembed(window.model("large"), {
    resume: true,
    onProgress: ({ done }) => {
      window.firstMoved ??= done;
      window.moved = done;
    },
  });
  window.moving.catch(() => {});
}

async function searchMany(count) {
  const wrong = [];
  for (let i = 0; i < count; ++i) {
    const n = (i * 7919) % 10_000;
    const { ids } = await window.notes.query({ queryTexts: [`text ${n}`], nResults: 1 });
    if (ids[0][0] !== `id${n}`) wrong.push([n, ids]);
  }
  return { wrong };
}

async function wrongVectors(which) {
  const model = window.model(which);
  const { documents, embeddings } = await window.notes.get({
    include: ["documents", "embeddings"],
  });
  return documents.filter((text, i) => model.vector(text).join() !== embeddings[i].join()).length;
}
