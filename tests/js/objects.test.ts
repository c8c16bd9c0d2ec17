import "fake-indexeddb/auto";
import { beforeAll, describe, expect, test } from "@jest/globals";
import type { Client, CreateCollectionParams } from "../../js/src/client.js";
import type { Collection } from "../../js/src/collection.js";
import type { MediaEmbeddingFunction, MediaInputs } from "../../js/src/types/media.js";
import type { EmbeddingFunction, Metadata } from "../../js/src/types.js";
import { toyVector } from "../contract/collection-replay.js";
import { CORES, openTestClient, ToyEmbedding } from "./support/clients.js";

let names = 0;

/** [length, kind]: remembers what it was asked. */
class ToyMedia implements MediaEmbeddingFunction {
  readonly name = "toy-media";
  readonly asked: MediaInputs[] = [];

  async generate(texts: string[]): Promise<number[][]> {
    return texts.map((text) => [text.length, 1]);
  }

  async embedMedia(inputs: MediaInputs) {
    this.asked.push(inputs);
    const vectors = Object.entries(inputs).map(([kind, list]) => [
      kind,
      (list as unknown[]).map((item) => [
        typeof item === "string" ? item.length : 100,
        kind === "texts" ? 1 : 2,
      ]),
    ]);
    return Object.fromEntries(vectors);
  }
}

describe.each(CORES)("objects on the %s", (_name, load) => {
  let client: Client;
  beforeAll(async () => {
    client = await openTestClient({ core: await load() });
  });
  const create = (
    embeddingFunction: EmbeddingFunction,
    vectorizer: CreateCollectionParams["vectorizer"] = { vectorizeClassName: false },
    configuration: CreateCollectionParams["configuration"] = {},
  ): Promise<Collection<Metadata>> =>
    client.createCollection({
      name: `Objects${++names}`,
      embeddingFunction,
      vectorizer,
      configuration,
    });
  const stored = async (collection: Collection) => {
    const { ids, documents, embeddings } = await collection.get({
      include: ["documents", "embeddings"],
    });
    return ids.map((id, i) => [id, documents[i], Array.from(embeddings[i] ?? [])]);
  };

  test("become text, vector and metadata", async () => {
    const toy = new ToyEmbedding("toy");
    const cars = await client.createCollection({
      name: "SuperCar",
      embeddingFunction: toy,
      vectorizer: {
        propertyConfig: {
          brandOfTheCar: { vectorizePropertyName: true },
          secret: { skip: true },
        },
      },
    });
    await cars.objects.add([
      {
        id: "1",
        properties: {
          brandOfTheCar: "Best",
          power: 300,
          tags: ["a", "b"],
          secret: "s",
          none: null,
        },
      },
    ]);
    expect(toy.asked).toEqual(["Super Car brand Of The Car Best a b"]);
    const { documents, metadatas } = await cars.get();
    expect(documents).toEqual(toy.asked);
    expect(metadatas).toEqual([
      { brandOfTheCar: "Best", power: 300, tags: ["a", "b"], secret: "s" },
    ]);
    const { ids } = await cars.query({ queryTexts: ["x"], where: { power: { $gt: 200 } } });
    expect(ids).toEqual([["1"]]);
    await client.deleteCollection({ name: "SuperCar" });
  });

  test("are embedded again only when their text changes", async () => {
    const toy = new ToyEmbedding();
    const collection = await create(toy, {
      vectorizeClassName: false,
      propertyConfig: { pages: {}, note: { skip: true } },
    });
    await collection.objects.add([
      { id: "a", properties: { title: "One", body: "text", pages: 1 } },
      { id: "b", properties: { title: "Two" } },
    ]);
    expect(toy.asked.splice(0)).toEqual(["text One", "Two"]);
    await collection.objects.update([
      { id: "a", properties: { pages: 2, note: "skipped" } },
      { id: "b", properties: { title: "Two" } },
      { id: "unknown", properties: { title: "x" } },
    ]);
    expect(toy.asked).toEqual([]);
    await collection.objects.update([
      { id: "a", properties: { title: "1" } },
      { id: "b", properties: { pages: 7 } },
    ]);
    expect(toy.asked.splice(0)).toEqual(["text 1"]);
    expect(await stored(collection)).toEqual([
      ["a", "text 1", toyVector("text 1")],
      ["b", "Two", toyVector("Two")],
    ]);
    expect(await collection.objects.get({ ids: ["a"] })).toEqual([
      {
        id: "a",
        properties: { title: "1", body: "text", pages: 2, note: "skipped" },
        text: "text 1",
      },
    ]);
    // Old ones as they are, new ones embedded, in one batch.
    await collection.objects.upsert([
      { id: "b", properties: { pages: 8 } },
      { id: "c", properties: { title: "Three" } },
    ]);
    expect(toy.asked.splice(0)).toEqual(["Three"]);
    await collection.objects.add([{ id: "c", properties: { title: "ignored" } }]);
    expect(toy.asked).toEqual([]);
    expect((await stored(collection)).slice(1)).toEqual([
      ["b", "Two", toyVector("Two")],
      ["c", "Three", toyVector("Three")],
    ]);
  });

  test("of a collection that keeps no vectors are embedded again with new ones", async () => {
    const toy = new ToyEmbedding();
    const collection = await create(toy, { vectorizeClassName: false }, { keepVectors: false });
    await collection.objects.add([{ id: "a", properties: { title: "One" } }]);
    await collection.objects.upsert([
      { id: "a", properties: { pages: 1 } },
      { id: "b", properties: { title: "Two" } },
    ]);
    expect(toy.asked).toEqual(["One", "One", "Two"]);
    const media = await create(
      new ToyMedia(),
      { imageFields: ["picture"] },
      { keepVectors: false },
    );
    const picture = new Uint8Array(2);
    await media.objects.add([{ id: "a", properties: { picture } }]);
    const fresh = { id: "b", properties: { picture } };
    await expect(media.objects.upsert([{ id: "a", properties: { n: 1 } }, fresh])).rejects.toThrow(
      'objects[0] ("a") needs a new vector, and the file in picture is not stored',
    );
    expect(await media.count()).toBe(1);
  });

  test("keep what null, undefined and empty lists stand for", async () => {
    const toy = new ToyEmbedding();
    const collection = await create(toy);
    await collection.objects.add([{ id: "a", properties: { title: "One", tags: ["x", "y"] } }]);
    await collection.objects.update([
      { id: "a", properties: { title: null, tags: [], other: undefined, n: 1 } },
    ]);
    expect(toy.asked).toEqual(["x y One"]);
    expect(await collection.objects.get()).toEqual([
      { id: "a", properties: { title: "One", tags: ["x", "y"], n: 1 }, text: "x y One" },
    ]);
  });

  test("written at once do not undo each other", async () => {
    const toy = new ToyEmbedding();
    const collection = await create(toy);
    await collection.objects.add([{ id: "a", properties: { x: "x", y: "y" } }]);
    const refused = collection.objects.update([{ id: "a", properties: { x: {} } }]);
    await Promise.all([
      collection.objects.update([{ id: "a", properties: { x: "X" } }]),
      collection.objects.update([{ id: "a", properties: { y: "Y" } }]),
      expect(refused).rejects.toMatchObject({ code: "invalid_argument" }),
    ]);
    expect(await stored(collection)).toEqual([["a", "X Y", toyVector("X Y")]]);
  });

  test("have dates and nested objects where they are declared", async () => {
    const toy = new ToyEmbedding();
    const collection = await create(toy, {
      vectorizeClassName: false,
      properties: ["when", "address", "many"],
      propertyConfig: {
        when: { dataType: "date" },
        address: { dataType: "object" },
        many: { dataType: "object[]" },
      },
    });
    const properties = {
      when: new Date("2024-02-03T04:05:06.7Z"),
      address: { city: "<Bonn>", at: 1e6 },
      many: [{ b: 1, a: 2 }],
    };
    await collection.objects.add([{ id: "a", properties }]);
    const whole = '{"at":1000000,"city":"\\u003cBonn\\u003e"} [{"a":2,"b":1}] 2024-02-03T04:05:06Z';
    expect(toy.asked.splice(0)).toEqual([whole]);
    const [found] = await collection.objects.get();
    expect(found?.properties).toEqual({ ...properties, when: "2024-02-03T04:05:06.7Z" });
    await collection.objects.update([{ id: "a", properties: { ...found?.properties } }]);
    expect(toy.asked).toEqual([]);
    const where = { when: "2024-02-03T04:05:06.7Z" };
    expect((await collection.get({ where })).ids).toEqual(["a"]);
    const undeclared = { id: "b", properties: { other: new Date() } };
    await expect(collection.objects.add([undeclared])).rejects.toThrow(
      'propertyConfig: { other: { dataType: "date" } }',
    );
    const text = { id: "b", properties: { address: "Bonn" } };
    await expect(collection.objects.add([text])).rejects.toThrow(
      'is declared as object and is "Bonn"',
    );
    const wrong = { id: "b", properties: { when: "yesterday" } };
    await expect(collection.objects.add([wrong])).rejects.toThrow("is no date of RFC 3339");
  });

  test("without a text need an embedding of their own", async () => {
    const toy = new ToyEmbedding();
    const collection = await create(toy, { properties: ["title"], vectorizeClassName: false });
    const bare = { id: "a", properties: { pages: 3 } };
    await expect(
      collection.objects.add([{ id: "z", properties: { title: "z" } }, bare]),
    ).rejects.toThrow('objects[1] ("a") has no text to make a vector of');
    expect(await collection.count()).toBe(0);
    await collection.objects.add([{ ...bare, embedding: [1, 2, 3] }]);
    expect(await stored(collection)).toEqual([["a", null, [1, 2, 3]]]);
    await collection.objects.update([{ id: "a", properties: { pages: 4 } }]);
    await collection.objects.update([{ id: "a", properties: { title: "t" } }]);
    expect(toy.asked).toEqual(["t"]);
  });

  test("give a title apart to models that take one, and in front to others", async () => {
    const toy = new ToyEmbedding();
    const vectorizer = { vectorizeClassName: false, titleProperty: "title" };
    const object = { id: "a", properties: { title: "Title", body: "a body" } };
    await (await create(toy, vectorizer)).objects.add([object]);
    expect(toy.asked).toEqual(["Title a body"]);
    const asked: unknown[] = [];
    const titled: EmbeddingFunction = {
      generate: async (texts) => texts.map(toyVector),
      async generateWithTitles(texts, titles) {
        asked.push([texts, titles]);
        return texts.map(toyVector);
      },
    };
    const collection = await create(titled, vectorizer);
    await collection.objects.add([object]);
    expect(asked).toEqual([[["a body"], ["Title"]]]);
    expect((await collection.get()).documents).toEqual(["Title a body"]);
  });

  test("have one vector of texts and pictures, by the weights of their fields", async () => {
    const toy = new ToyMedia();
    const collection = await create(toy, {
      textFields: ["title", "caption"],
      imageFields: ["picture"],
      weights: { textFields: [6, 3], imageFields: [1] },
    });
    const picture = new Uint8Array([1, 2, 3]);
    await collection.objects.add([
      { id: "a", properties: { title: "abcd", caption: "ab", picture, other: 1 } },
      { id: "b", properties: { picture: "https://a.example/b.png" } },
    ]);
    expect(toy.asked.splice(0)).toEqual([
      { texts: ["ab", "abcd"], images: [picture, "https://a.example/b.png"] },
    ]);
    const rows = await stored(collection);
    const a = [(0.6 * 4 + 0.3 * 2 + 0.1 * 100) / 3, (0.6 + 0.3 + 0.1 * 2) / 3];
    expect(rows.map(([id, text]) => [id, text])).toEqual([
      ["a", "ab abcd"],
      ["b", null],
    ]);
    const vector = rows[0]?.[2] as number[] | undefined;
    for (const [i, value] of a.entries()) {
      expect(vector?.[i]).toBeCloseTo(value, 5);
    }
    // The same bytes are the same picture; without them a new vector cannot be made.
    const again = new Blob([picture]);
    await collection.objects.update([{ id: "a", properties: { picture: again, other: 2 } }]);
    expect(toy.asked).toEqual([]);
    const retitled = { id: "a", properties: { title: "new" } };
    await expect(collection.objects.update([retitled])).rejects.toThrow(
      "needs a new vector, and the file in picture is not stored; give it again",
    );
    await collection.objects.update([{ id: "a", properties: { title: "new", picture } }]);
    await collection.objects.update([{ id: "b", properties: { picture: "https://a.example/c" } }]);
    expect(toy.asked).toEqual([
      { texts: ["ab", "new"], images: [picture] },
      { images: ["https://a.example/c"] },
    ]);
  });

  test("are found by media", async () => {
    const toy = new ToyMedia();
    const collection = await create(toy, { textFields: ["title"], imageFields: ["picture"] });
    await collection.objects.add([
      { id: "text", properties: { title: "abcd" } },
      { id: "picture", properties: { picture: new Uint8Array(3) } },
    ]);
    toy.asked.length = 0;
    const picture = new Uint8Array(5);
    const { rows } = await collection.search({ nearMedia: { images: [picture] } });
    expect(toy.asked).toEqual([{ images: [picture] }]);
    expect(rows.map(({ id, distance }) => [id, distance])).toEqual([
      ["picture", 0],
      ["text", (100 - 4) ** 2 + 1],
    ]);
    // The mean of [100, 2] and [4, 1].
    const both = await collection.search({ nearMedia: { texts: ["xxxx"], images: [picture] } });
    expect(both.rows.map(({ distance }) => distance)).toEqual([48 ** 2 + 0.25, 48 ** 2 + 0.25]);
    await expect(collection.search({ nearMedia: {} })).rejects.toThrow("nearMedia is empty");
    const texts = await create(new ToyEmbedding());
    await expect(texts.search({ nearMedia: { images: [picture] } })).rejects.toMatchObject({
      code: "unsupported",
    });
  });

  test("of clip()'s face have texts and images", async () => {
    const images: unknown[] = [];
    const clip = {
      name: "clip",
      generate: async (texts: string[]) => texts.map(() => new Float32Array([1, 0])),
      async generateImages(sources: unknown[]) {
        images.push(...sources);
        return sources.map(() => new Float32Array([0, 1]));
      },
    };
    const collection = await create(clip, { textFields: ["t"], imageFields: ["i"] });
    await collection.objects.add([{ id: "a", properties: { t: "x", i: "iVBORw0KGgo=" } }]);
    expect(images).toEqual(["data:image/png;base64,iVBORw0KGgo="]);
    expect(await stored(collection)).toEqual([["a", "x", [0.5, 0.5]]]);
  });

  test("are kept with how they become vectors", async () => {
    const toy = new ToyEmbedding("ollama");
    const { name, configuration } = await create(toy, { properties: ["a"] });
    const settled = {
      module: "ollama",
      className: name,
      vectorizeClassName: false,
      properties: ["a"],
    };
    expect(configuration.vectorizer).toEqual(settled);
    const again = await client.getCollection({ name, embeddingFunction: toy });
    expect(again.configuration.vectorizer).toEqual(settled);
    await again.modify({ name: `${name}-renamed` });
    expect(again.configuration.vectorizer).toEqual(settled);
  });

  test("refuse what makes no sense", async () => {
    const toy = new ToyEmbedding();
    const plain = await client.createCollection({
      name: `plain${++names}`,
      embeddingFunction: toy,
    });
    await expect(plain.objects.add([{ id: "a", properties: {} }])).rejects.toThrow(
      "was made without a vectorizer",
    );
    const bad: [CreateCollectionParams["vectorizer"], string][] = [
      [{ imageFields: [] }, "must contain at least one image field name in imageFields"],
      [
        { textFields: ["t"], weights: { textFields: [1, 2] } },
        "does not equal number of textFields",
      ],
      [{ properties: [] }, "needs to have at least 1 property"],
      [{ imageFields: ["i"] }, "embeds texts only"],
      [
        { propertyConfig: { a: { dataType: "datum" as never } } },
        "dataType is datum; one of: text",
      ],
    ];
    for (const [vectorizer, message] of bad) {
      await expect(create(toy, vectorizer)).rejects.toThrow(message);
    }
    const collection = await create(toy);
    const twice = [
      { id: "a", properties: { x: "1" } },
      { id: "a", properties: { x: "2" } },
    ];
    await expect(collection.objects.add(twice)).rejects.toMatchObject({ code: "duplicate_id" });
    await expect(collection.objects.add([{ id: "a" } as never])).rejects.toThrow(
      "objects[0].properties must be an object",
    );
  });
});
