import assert from "node:assert/strict";

const COUNT = 3000;
let names = 0;

/** Collection.sync() in real tabs, between two clients of IndexedDB: pages that end in its middle, tabs at once. */
export async function sync(test, environment) {
  const open = async (name) => {
    const page = await environment.openPage();
    await page.evaluate(openBoth, name);
    return page;
  };
  const close = (page) => page.close({ runBeforeUnload: false });

  await test("pages that end in the middle of a push and a pull: the next one goes on, nothing is doubled or lost", async () => {
    const name = `sync-${++names}`;
    let page = await open(name);
    await page.evaluate(fill, COUNT);
    let done = 0;
    for (const direction of ["push", "push", "pull", "pull"]) {
      if (direction === "pull") await page.evaluate(changeThere, done);
      await page.evaluate(start, direction);
      await page.waitForFunction(() => window.transferred > 300 || window.ended);
      const reached = await page.evaluate(() => [window.transferred, window.ended]);
      assert.equal(reached[1], undefined, `it was over before the page ended: ${reached}`);
      done += reached[0];
      await close(page);
      page = await open(name);
    }
    const result = await page.evaluate(() => window.here.sync(window.there));
    assert.deepEqual([result.conflicts, result.later, result.skipped], [0, 0, []]);
    await page.evaluate(expectAlike, COUNT);
    const again = await page.evaluate(() => window.here.sync(window.there));
    assert.deepEqual([again.pushed, again.pulled, again.unchanged], [0, 0, COUNT]);
    await close(page);
  });

  await test("two tabs that sync at once, and replace records: nothing is taken for deleted", async () => {
    const name = `sync-${++names}`;
    const one = await open(name);
    await one.evaluate(fill, COUNT);
    await one.evaluate(() => window.here.sync(window.there));
    const two = await open(name);
    // Each loses a key: it is deleted there, and added.
    await one.evaluate(replaceAll);
    const results = await Promise.all(
      [one, two].map((page) =>
        page.evaluate(() => window.here.sync(window.there, { batchSize: 50 })),
      ),
    );
    const sum = (key) => results.reduce((all, result) => all + result[key], 0);
    assert.equal(sum("pushed") + sum("later"), COUNT);
    assert.equal(sum("deletedHere") + sum("deletedThere") + sum("conflicts") + sum("later"), 0);
    await two.evaluate(expectAlike, COUNT);
    await Promise.all([one, two].map(close));
  });
}

async function openBoth(name) {
  const open = async (side) => {
    const client = await window.pagevec.Client.open({ name: `${name}-${side}` });
    return client.getOrCreateCollection({ name: side });
  };
  window.here = await open("here");
  window.there = await open("there");
  window.records = (numbers, text, metadata) => ({
    ids: numbers.map((n) => `id${n}`),
    documents: numbers.map((n) => `${text} ${n}`),
    metadatas: numbers.map((n) => ({ n, ...metadata })),
    embeddings: numbers.map((n) => [n / 3, Math.sin(n), text.length]),
  });
}

async function fill(count) {
  const numbers = Array.from({ length: count }, (_, i) => i);
  await window.here.add(window.records(numbers, "first", { gone: true }));
}

/** Of what is there: changed merging, and replaced. */
async function changeThere(from) {
  const { ids } = await window.there.get({ include: [] });
  const numbers = ids.map((id) => Number(id.slice(2)));
  await window.there.upsert(window.records(numbers, `second ${from}`, {}));
  const replaced = numbers.filter((n) => n % 3 === 0);
  await window.there.delete({ ids: replaced.map((n) => `id${n}`) });
  await window.there.add(window.records(replaced, `third ${from}`, {}));
}

async function replaceAll() {
  const { ids } = await window.here.get({ include: [] });
  await window.here.delete({ ids });
  const numbers = ids.map((id) => Number(id.slice(2)));
  await window.here.add(window.records(numbers, "replaced", {}));
}

function start(direction) {
  window.transferred = 0;
  window.ended = undefined;
  const onProgress = ({ stage, done }) => {
    if (stage === "transfer") window.transferred = done;
  };
  window.here[direction](window.there, { batchSize: 20 }, { onProgress }).then(
    (result) => {
      window.ended = JSON.stringify(result);
    },
    (error) => {
      window.ended = String(error);
    },
  );
}

async function expectAlike(count) {
  const read = async (side) => {
    const answer = await side.get({ include: ["documents", "metadatas", "embeddings"] });
    const rows = answer.rows().map(({ id, document, metadata, embedding }) => {
      const fields = Object.entries(metadata ?? {}).sort();
      return JSON.stringify([id, document, fields, [...embedding]]);
    });
    return rows.sort();
  };
  const [here, there] = [await read(window.here), await read(window.there)];
  if (here.length !== count || there.length !== count) {
    throw new Error(`${here.length} here, ${there.length} there, not ${count}`);
  }
  const odd = here.findIndex((row, i) => row !== there[i]);
  if (odd !== -1) throw new Error(`${here[odd]} is not ${there[odd]}`);
}
