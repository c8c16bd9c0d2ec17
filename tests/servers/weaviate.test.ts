import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Client } from "../../js/src/client.js";
import type { SearchParams } from "../../js/src/collection/search/search-types.js";
import type { Collection } from "../../js/src/collection.js";
import { loadCore } from "../../js/src/engine/load.js";
import { createAnswers } from "../../js/src/generate/index.js";
import type { VectorizerSettings } from "../../js/src/types/vectorizer.js";
import { goDate } from "../../js/src/vectorize/go-values.js";
import { assembleText, collectMedia, combineMedia } from "../../js/src/vectorize/index.js";
import { openTestClient } from "../js/support/clients.js";
import { uniform } from "../support/mulberry32.mjs";
import type { ServerProcess } from "./server-process.js";
import { below, pick, type RandomSchema, randomSchema } from "./weaviate-schemas.js";
import { ask, Recorder, recordedVector, startWeaviate } from "./weaviate-server.js";

// pagevec beside a running Weaviate, whose services are a recorder: the same texts, prompts and
// distances. PAGEVEC_SCHEMAS: how many random schemas; PAGEVEC_SEED: those of an earlier run.

const SCHEMAS = Number(process.env.PAGEVEC_SCHEMAS ?? 500);
const SEED = Number(process.env.PAGEVEC_SEED ?? Date.now() % 1_000_000_007);
const INSTALL_MS = 900_000;

describe.each([
  { lowerCase: false, schemas: Math.ceil(SCHEMAS * 0.8), env: {} },
  {
    lowerCase: true,
    schemas: Math.floor(SCHEMAS * 0.2),
    env: { LOWERCASE_VECTORIZATION_INPUT: "true" },
  },
])("texts and prompts, lower case $lowerCase", ({ lowerCase, schemas, env }) => {
  const recorder = new Recorder();
  let server: ServerProcess;

  beforeAll(async () => {
    await recorder.start();
    server = await startWeaviate(recorder, env);
  }, INSTALL_MS);

  afterAll(async () => {
    await server?.stop();
    await recorder.close();
  });

  test(
    `of ${schemas} random schemas, seed ${SEED}`,
    async () => {
      const random = uniform(SEED + Number(lowerCase));
      let texts = 0;
      let prompts = 0;
      for (let i = 0; i < schemas; i++) {
        const schema = randomSchema(random, i);
        await createClass(server, recorder, schema);
        texts += await compareTexts(server, recorder, schema, lowerCase);
        prompts += await comparePrompts(server, recorder, schema);
        await ask(server, "DELETE", `schema/${schema.className}`);
      }
      // Both are no empty comparison.
      expect(texts).toBeGreaterThan(schemas);
      expect(prompts).toBeGreaterThan(schemas);
      console.log(`weaviate: ${texts} texts and ${prompts} prompts are equal, seed ${SEED}`);
    },
    INSTALL_MS,
  );
});

async function createClass(server: ServerProcess, recorder: Recorder, schema: RandomSchema) {
  const { vectorizeClassName, properties } = schema.settings;
  await ask(server, "POST", "schema", {
    class: schema.className,
    vectorizer: "text2vec-transformers",
    moduleConfig: {
      "text2vec-transformers": {
        ...(vectorizeClassName !== undefined && { vectorizeClassName }),
        ...(properties && { properties }),
      },
      "generative-ollama": { apiEndpoint: recorder.url, model: "recorder" },
    },
    properties: schema.properties,
  });
}

async function compareTexts(
  server: ServerProcess,
  recorder: Recorder,
  schema: RandomSchema,
  lowerCase: boolean,
): Promise<number> {
  const settings: VectorizerSettings = { ...schema.settings, lowerCase };
  let compared = 0;
  for (const { id, properties } of schema.objects) {
    recorder.take();
    await ask(server, "POST", "objects", { class: schema.className, id, properties });
    const { text } = assembleText(properties, settings);
    const sent = recorder.take().texts;
    expect({ text: sent, properties, settings }).toEqual({
      text: text === "" ? [] : [text],
      properties,
      settings,
    });
    compared += sent.length;
  }
  return compared;
}

/** Dates as both keep them: RFC 3339 without zeros that say nothing. */
function asStored(
  properties: Record<string, unknown>,
  { propertyConfig = {} }: VectorizerSettings,
) {
  const entries = Object.entries(properties).map(([name, value]) => {
    const isDate = propertyConfig[name]?.dataType?.startsWith("date");
    if (!isDate || value === null) return [name, value];
    const dates = [value].flat().map((date) => goDate(date as string, true));
    return [name, Array.isArray(value) ? dates : dates[0]];
  });
  return Object.fromEntries(entries) as Record<string, unknown>;
}

interface GenerateAnswer {
  id: string;
  generate: { singleResult: string | null; groupedResult: string | null; error: string | null };
}

async function comparePrompts(
  server: ServerProcess,
  recorder: Recorder,
  { className, settings, objects, single, grouped, groupedProperties }: RandomSchema,
): Promise<number> {
  const selected = groupedProperties ? `,properties:${JSON.stringify(groupedProperties)}` : "";
  const both = `singleResult:{prompt:${JSON.stringify(single)}} groupedResult:{task:${JSON.stringify(grouped)}${selected}}`;
  const query = `{Get{${className}{_additional{id generate(${both}){singleResult groupedResult error}}}}}`;
  const answer = await ask(server, "POST", "graphql", { query });
  const { Get } = answer.data as { Get: Record<string, { _additional: GenerateAnswer }[]> };
  const found = (Get[className] ?? []).map(({ _additional }) => _additional);
  const sources = found.map(({ id }) => ({
    id,
    properties: asStored(objects.find((object) => object.id === id)?.properties ?? {}, settings),
  }));
  const blobs = Object.entries(settings.propertyConfig ?? {})
    .filter(([, { dataType }]) => dataType === "blob")
    .map(([name]) => name);
  const asked: string[] = [];
  const { rows } = await createAnswers(
    sources,
    {
      single,
      grouped,
      ...(groupedProperties && { properties: groupedProperties }),
      model: (prompt) => {
        asked.push(prompt);
        return "ANSWER";
      },
    },
    { blobs },
  );
  const { prompts } = recorder.take();
  expect({ prompts: asked.sort(), sources }).toEqual({ prompts: prompts.sort(), sources });
  expect(
    rows.map(({ single, grouped, error, groupedError }) => ({
      singleResult: single?.text ?? null,
      groupedResult: grouped?.text ?? null,
      error: (groupedError ?? error)?.message.replace("pagevec: ", "") ?? null,
    })),
  ).toEqual(
    found.map(({ generate }) => ({
      singleResult: generate?.singleResult ?? null,
      groupedResult: generate?.groupedResult ?? null,
      // Printed as Go prints the struct of an error, with an address.
      error: generate?.error?.replace(/^\{(.*) 0x[0-9a-f]+\}$/s, "$1") ?? null,
    })),
  );
  return prompts.length;
}

describe("nearText", () => {
  const CLASS = "Near";
  const TEXTS = ["red apple", "green pear", "blue plum", "a dog", "the cat sat", "Zebra!", "ox"];
  const CONCEPTS = [...TEXTS, "fruit", "animal of the house", "x"];
  const recorder = new Recorder();
  let server: ServerProcess;
  let client: Client;
  let collection: Collection;
  const ids = TEXTS.map((_, i) => `00000000-0000-4000-8000-00000000000${i}`);

  beforeAll(async () => {
    await recorder.start();
    server = await startWeaviate(recorder);
    client = await openTestClient({ core: await loadCore({ variant: "simd128" }) });
    collection = await client.createCollection({
      name: CLASS,
      embeddingFunction: { generate: async (texts) => texts.map(recordedVector) },
      configuration: { hnsw: { space: "cosine" }, quantization: "none" },
      vectorizer: { vectorizeClassName: false },
    });
    await ask(server, "POST", "schema", {
      class: CLASS,
      vectorizer: "text2vec-transformers",
      moduleConfig: { "text2vec-transformers": { vectorizeClassName: false } },
      properties: [{ name: "text", dataType: ["text"] }],
    });
    const objects = TEXTS.map((text, i) => ({ id: ids[i] as string, properties: { text } }));
    await collection.objects.add(objects);
    for (const object of objects) await ask(server, "POST", "objects", { class: CLASS, ...object });
  }, INSTALL_MS);

  afterAll(async () => {
    await client?.close();
    await server?.stop();
    await recorder.close();
  });

  test("finds the same objects at the same distances", async () => {
    const random = uniform(SEED);
    let limited = 0;
    for (let i = 0; i < 200; i++) {
      const { params, argument } = randomNearText(random, CONCEPTS, ids);
      const query = `{Get{${CLASS}(nearText:{${argument}}){_additional{id distance}}}}`;
      const answer = await ask(server, "POST", "graphql", { query });
      const { Get } = answer.data as { Get: Record<string, { _additional: Found }[]> };
      const expected = (Get[CLASS] ?? []).map(({ _additional }) => _additional);
      const { rows } = await collection.search({ ...params, limit: 100 });
      const byId = (a: Found, b: Found) => (a.id < b.id ? -1 : 1);
      const ours = rows.map(({ id, distance = NaN }) => ({ id, distance })).sort(byId);
      expect([query, ours.map(({ id }) => id)]).toEqual([
        query,
        expected.sort(byId).map(({ id }) => id),
      ]);
      for (const [at, { distance }] of ours.entries()) {
        expect(distance).toBeCloseTo(expected[at]?.distance ?? NaN, 5);
      }
      if (expected.length < TEXTS.length) limited += 1;
    }
    expect(limited).toBeGreaterThan(10);
  }, 60_000);
});

describe("multi2vec", () => {
  const recorder = new Recorder();
  let server: ServerProcess;

  beforeAll(async () => {
    await recorder.start();
    server = await startWeaviate(recorder);
  }, INSTALL_MS);

  afterAll(async () => {
    await server?.stop();
    await recorder.close();
  });

  test("objects of texts and pictures have the same vectors", async () => {
    const random = uniform(SEED);
    for (let i = 0; i < 50; i++) {
      const settings = randomMedia(random);
      const { textFields = [], imageFields = [] } = settings;
      const className = `Media${i}`;
      await ask(server, "POST", "schema", {
        class: className,
        vectorizer: "multi2vec-clip",
        moduleConfig: { "multi2vec-clip": settings },
        properties: [
          ...textFields.map((name) => ({ name, dataType: ["text"] })),
          ...imageFields.map((name) => ({ name, dataType: ["blob"] })),
        ],
      });
      const id = `00000000-0000-4000-8000-0000000000${10 + i}`;
      const properties = Object.fromEntries([
        ...textFields.map((name) => [name, `text ${below(random, 1000)}`]),
        ...imageFields.map((name) => [name, btoa(`picture ${below(random, 1000)}`)]),
      ]);
      await ask(server, "POST", "objects", { class: className, id, properties });
      const { vector } = await ask(server, "GET", `objects/${className}/${id}?include=vector`);
      const collected = collectMedia(properties, settings);
      const { texts = [], images = [] } = collected.inputs;
      const vectors = {
        texts: texts.map(recordedVector),
        images: images.map((image) => recordedVector(image as string)),
      };
      const combined = combineMedia(collected, vectors, settings);
      expect(combined).toHaveLength((vector as number[]).length);
      for (const [at, value] of combined.entries()) {
        expect(value).toBeCloseTo((vector as number[])[at] ?? NaN, 4);
      }
    }
  }, 120_000);
});

describe("named vectors", () => {
  const recorder = new Recorder();
  let server: ServerProcess;
  let client: Client;

  beforeAll(async () => {
    await recorder.start();
    server = await startWeaviate(recorder);
    client = await openTestClient({ core: await loadCore({ variant: "simd128" }) });
  }, INSTALL_MS);

  afterAll(async () => {
    await client?.close();
    await server?.stop();
    await recorder.close();
  });

  test(
    "each vector is made of the same text, and finds the same objects at the same distances",
    async () => {
      const random = uniform(SEED + 2);
      let texts = 0;
      let found = 0;
      for (let i = 0; i < Math.ceil(SCHEMAS / 5); i++) {
        const schema = randomSchema(random, i);
        const vectors = randomVectors(random, schema);
        const collection = await createBoth(server, client, schema, vectors);
        for (const object of schema.objects) {
          recorder.take();
          await ask(server, "POST", "objects", { class: schema.className, ...object });
          const sent = recorder.take().texts.sort();
          const asked = await embedded(() => collection.objects.add([object]));
          expect({ asked, object, vectors }).toEqual({ asked: sent, object, vectors });
          texts += sent.length;
        }
        for (const name of Object.keys(vectors)) {
          const query = `{Get{${schema.className}(nearText:{concepts:["a word"],targetVectors:["${name}"]}){_additional{id distance}}}}`;
          const answer = await ask(server, "POST", "graphql", { query });
          const { Get } = answer.data as { Get: Record<string, { _additional: Found }[]> };
          const byId = (a: Found, b: Found) => (a.id < b.id ? -1 : 1);
          const expected = (Get[schema.className] ?? []).map(({ _additional }) => _additional);
          const nearText = { concepts: ["a word"] };
          const { rows } = await collection.search({ nearText, targetVector: name, limit: 100 });
          const ours = rows.map(({ id, distance = NaN }) => ({ id, distance })).sort(byId);
          expect(ours.map(({ id }) => id)).toEqual(expected.sort(byId).map(({ id }) => id));
          for (const [at, { distance }] of ours.entries()) {
            expect(distance).toBeCloseTo(expected[at]?.distance ?? NaN, 5);
          }
          found += ours.length;
        }
        await ask(server, "DELETE", `schema/${schema.className}`);
      }
      expect(texts).toBeGreaterThan(SCHEMAS / 5);
      console.log(`weaviate: ${texts} texts of named vectors are equal, ${found} objects found`);
    },
    INSTALL_MS,
  );
});

/** What the embedding function of named vectors was asked. */
let askedTexts: string[] = [];

async function embedded(write: () => Promise<void>): Promise<string[]> {
  askedTexts = [];
  await write();
  return askedTexts.sort();
}

type Vectors = NonNullable<VectorizerSettings["vectors"]>;

function randomVectors(random: () => number, { settings }: RandomSchema): Vectors {
  const names = Object.keys(settings.propertyConfig ?? {});
  const one = () => {
    const properties = names.filter(() => random() < 0.5);
    return {
      vectorizeClassName: random() < 0.5,
      ...(properties.length > 0 && random() < 0.6 && { properties }),
    };
  };
  return Object.fromEntries(
    ["one", "two", "three"].slice(0, 1 + below(random, 3)).map((name) => [name, one()]),
  );
}

async function createBoth(
  server: ServerProcess,
  client: Client,
  schema: RandomSchema,
  vectors: Vectors,
): Promise<Collection> {
  await ask(server, "POST", "schema", {
    class: schema.className,
    vectorConfig: Object.fromEntries(
      Object.entries(vectors).map(([name, config]) => [
        name,
        { vectorizer: { "text2vec-transformers": config }, vectorIndexType: "hnsw" },
      ]),
    ),
    properties: schema.properties,
  });
  const { className, propertyConfig = {}, module } = schema.settings;
  return client.createCollection({
    name: `Named${Math.random().toString(36).slice(2)}`,
    embeddingFunction: {
      generate: async (texts) => {
        askedTexts.push(...texts);
        return texts.map(recordedVector);
      },
    },
    configuration: { hnsw: { space: "cosine" }, quantization: "none" },
    vectorizer: {
      ...(className !== undefined && { className }),
      ...(module !== undefined && { module }),
      propertyConfig,
      vectors,
    },
  });
}

/** Fields in the order of their names: there Weaviate gives each the weight that is meant. */
function randomMedia(random: () => number): VectorizerSettings {
  const textFields = ["a", "b", "c"].slice(0, 1 + below(random, 3));
  const imageFields = ["x", "y"].slice(0, below(random, 3));
  const weights = (list: string[]) => list.map(() => 1 + below(random, 9));
  const given = { textFields, ...(imageFields.length > 0 && { imageFields }) };
  if (random() < 0.4) return given;
  return {
    ...given,
    weights: {
      textFields: weights(textFields),
      ...(imageFields.length > 0 && { imageFields: weights(imageFields) }),
    },
  };
}

interface Found {
  id: string;
  distance: number;
}

/** Ours, and the same as Weaviate's GraphQL argument. */
function randomNearText(random: () => number, concepts: string[], ids: string[]) {
  const some = (list: string[]) =>
    Array.from({ length: 1 + below(random, 3) }, () => pick(random, list));
  const movement = () => {
    const kind = below(random, 3);
    return {
      force: below(random, 11) / 10,
      ...(kind !== 1 && { concepts: some(concepts) }),
      ...(kind !== 0 && { objects: some(ids) }),
    };
  };
  const nearText: SearchParams["nearText"] = { concepts: some(concepts) };
  if (random() < 0.7) nearText.moveTo = movement();
  if (random() < 0.7) nearText.moveAwayFrom = movement();
  // Apart from the places where float32 and float64 could decide otherwise.
  const limit = random();
  const params: SearchParams = { nearText };
  if (limit < 0.3) params.distance = below(random, 40) / 100 + 0.00317;
  else if (limit < 0.6) params.certainty = 0.8 + below(random, 20) / 100 + 0.00117;
  const graphql = (value: NonNullable<typeof nearText>["moveTo"]) =>
    `{force:${value?.force}${value?.concepts ? `,concepts:${JSON.stringify(value.concepts)}` : ""}${
      value?.objects ? `,objects:[${value.objects.map((id) => `{id:"${id}"}`).join(",")}]` : ""
    }}`;
  const parts = [
    `concepts:${JSON.stringify(nearText.concepts)}`,
    ...(nearText.moveTo ? [`moveTo:${graphql(nearText.moveTo)}`] : []),
    ...(nearText.moveAwayFrom ? [`moveAwayFrom:${graphql(nearText.moveAwayFrom)}`] : []),
    ...(params.distance !== undefined ? [`distance:${params.distance}`] : []),
    ...(params.certainty !== undefined ? [`certainty:${params.certainty}`] : []),
  ];
  return { params, argument: parts.join(",") };
}
