import assert from "node:assert/strict";

/** Objects and answers with the real worker and IndexedDB, over two lives of the page. */
export async function objects(test, environment) {
  const page = await environment.openPage();
  await page.evaluate(openCars, { create: true });

  await test("objects are stored as Weaviate would embed them", async () => {
    const { asked, stored } = await page.evaluate(async () => {
      await window.cars.objects.add([
        {
          id: "a",
          properties: { brand: "Best", power: 300, built: new Date(0), address: { b: 1 } },
        },
        { id: "b", properties: { brand: "Second", power: 80 } },
      ]);
      await window.cars.objects.update([{ id: "a", properties: { power: 301 } }]);
      return { asked: window.asked, stored: await window.cars.objects.get() };
    });
    assert.deepEqual(asked, ["Cars Best", "Cars Second"]);
    const properties = {
      brand: "Best",
      power: 301,
      built: "1970-01-01T00:00:00Z",
      address: { b: 1 },
    };
    assert.deepEqual(stored[0], { id: "a", properties, text: "Cars Best" });
  });

  await test("a page that opens them later goes by the same rules", async () => {
    await page.evaluate(() => window.client.close());
    await page.reload();
    await page.waitForFunction(() => "suites" in window);
    await page.evaluate(openCars, { create: false });
    const { asked, vectorizer } = await page.evaluate(async () => {
      await window.cars.objects.update([
        { id: "a", properties: { power: 302 } },
        { id: "b", properties: { brand: "Third" } },
      ]);
      return { asked: window.asked, vectorizer: window.cars.configuration.vectorizer };
    });
    assert.deepEqual(asked, ["Cars Third"]);
    assert.equal(vectorizer.className, "Cars");
  });

  await test("answers stream, about what a search finds", async () => {
    const { pieces, rows } = await page.evaluate(async () => {
      const stream = await window.cars.generate({
        nearText: { concepts: ["Cars Third"] },
        limit: 1,
        single: "{brand} has {power}",
        grouped: "Compare",
        stream: true,
        async *model(prompt) {
          for (const word of prompt.split(" ")) yield word;
        },
      });
      const found = [];
      for await (const { kind, text } of stream) found.push(`${kind} ${text}`);
      return { pieces: found.sort(), rows: (await stream.result()).rows };
    });
    assert.equal(rows[0].id, "b");
    assert.equal(rows[0].grouped.text, 'Compare:[{"brand":"Third","power":"80"}]');
    assert.deepEqual(rows[0].grouped.citations, ["b"]);
    assert.deepEqual(pieces.slice(2), ["single 80", "single Third", "single has"]);
  });

  await test("several vectors: each is kept, found by, and made again when its text changes", async () => {
    await page.evaluate(openFilms);
    await page.evaluate(() =>
      window.films.objects.add([
        { id: "1", properties: { title: "alien", plot: "space" } },
        { id: "2", properties: { plot: "a film without a title" } },
      ]),
    );
    assert.deepEqual(await page.evaluate(() => window.asked), {
      title: ["alien"],
      plot: ["space alien", "a film without a title"],
    });
    await page.evaluate(() => window.client.close());
    await page.reload();
    await page.waitForFunction(() => "suites" in window);
    await page.evaluate(openFilms);
    const { asked, byTitle, byPlot, names } = await page.evaluate(async () => {
      await window.films.objects.update([{ id: "1", properties: { plot: "deep space" } }]);
      const find = async (queryTexts, targetVector) =>
        (await window.films.query({ queryTexts, targetVector })).ids;
      return {
        asked: window.asked,
        byTitle: await find(["x"], "title"),
        byPlot: await find(["deep space alien"], "plot"),
        names: (await window.client.listCollections()).map(({ name }) => name),
      };
    });
    assert.deepEqual(asked, { title: [], plot: ["deep space alien"] });
    assert.deepEqual(byTitle, [["1"]]);
    assert.deepEqual(byPlot, [["1", "2"]]);
    assert.deepEqual(names.sort(), ["Cars", "Films"]);
  });

  await page.evaluate(() => window.client.close());
  await page.close();
}

/** Runs in the page. */
async function openFilms() {
  await window.client?.close();
  window.asked = { title: [], plot: [] };
  window.client = await window.pagevec.Client.open({ name: "objects" });
  const model = (name, dimension) => {
    const vector = (text) =>
      Array.from({ length: dimension }, (_, i) => text.split(" ").length + text.length / (i + 1));
    return {
      name,
      async generate(texts) {
        window.asked[name].push(...texts);
        return texts.map(vector);
      },
      generateForQueries: async (texts) => texts.map(vector),
    };
  };
  window.films = await window.client.getOrCreateCollection({
    name: "Films",
    embeddingFunctions: { title: model("title", 3), plot: model("plot", 5) },
    vectorizer: {
      vectorizeClassName: false,
      vectors: { title: { properties: ["title"] }, plot: { properties: ["title", "plot"] } },
    },
  });
}

/** Runs in the page. */
async function openCars({ create }) {
  window.asked = [];
  window.client = await window.pagevec.Client.open({ name: "objects" });
  const embeddingFunction = {
    name: "letters",
    async generate(texts) {
      window.asked.push(...texts);
      return texts.map((text) => [text.length, text.split("e").length]);
    },
    async generateForQueries(texts) {
      return texts.map((text) => [text.length, text.split("e").length]);
    },
  };
  const propertyConfig = { built: { dataType: "date" }, address: { dataType: "object" } };
  window.cars = create
    ? await window.client.createCollection({
        name: "Cars",
        embeddingFunction,
        vectorizer: { propertyConfig },
      })
    : await window.client.getCollection({ name: "Cars", embeddingFunction });
}
