import "fake-indexeddb/auto";
import { beforeAll, describe, expect, test } from "@jest/globals";
import type { Client } from "../../js/src/client.js";
import type { SearchParams } from "../../js/src/collection/search/search-types.js";
import type { Collection } from "../../js/src/collection.js";
import type { Reranker } from "../../js/src/types/reranker.js";
import type { EmbeddingFunction } from "../../js/src/types.js";
import { CORES, openTestClient } from "./support/clients.js";

/** Texts such as "1,0" are their own vectors. */
class Literal implements EmbeddingFunction {
  readonly asked: string[][] = [];

  async generate(texts: string[]): Promise<number[][]> {
    this.asked.push(texts);
    return texts.map((text) => text.split(",").map(Number));
  }
}

const IDS = ["east", "northeast", "north", "west"];
const VECTORS = [
  [1, 0],
  [1, 1],
  [0, 2],
  [-1, 0],
];

let names = 0;

describe.each(CORES)("nearText on the %s", (_name, load) => {
  let client: Client;
  let literal: Literal;
  beforeAll(async () => {
    client = await openTestClient({ core: await load() });
  });

  async function collectionOf(space: "cosine" | "l2"): Promise<Collection> {
    literal = new Literal();
    const collection = await client.createCollection({
      name: `near-${++names}`,
      embeddingFunction: literal,
      configuration: { hnsw: { space }, quantization: "none" },
    });
    const metadatas = [{ title: "E" }, { title: "NE" }, { title: 7 }, null];
    await collection.add({ ids: IDS, embeddings: VECTORS, metadatas });
    return collection;
  }

  /** By l2 the distances from the query tell where it is. */
  async function query(collection: Collection, params: SearchParams): Promise<number[]> {
    const { rows } = await collection.search(params);
    const at = (id: string) => rows.find((row) => row.id === id)?.distance ?? NaN;
    // |q - (1,0)|^2 - |q + (1,0)|^2 = -4x; |q - (0,2)|^2 = |q|^2 - 4y + 4.
    const x = (at("west") - at("east")) / 4;
    const y = (at("east") - at("north") + 2 * x + 3) / 4;
    return [x, y];
  }

  test("searches by the mean of concepts, moved halfway at most", async () => {
    const collection = await collectionOf("l2");
    const cases: [SearchParams["nearText"], number[]][] = [
      [{ concepts: ["2,4"] }, [2, 4]],
      [{ concepts: ["2,4", "4,0"] }, [3, 2]],
      [{ concepts: ["2,4"], moveTo: { concepts: ["0,0"], force: 1 } }, [1, 2]],
      [{ concepts: ["2,4"], moveTo: { concepts: ["0,0"], force: 0.5 } }, [1.5, 3]],
      [{ concepts: ["2,4"], moveTo: { concepts: ["0,0", "4,0"], force: 1 } }, [2, 2]],
      [{ concepts: ["2,4"], moveAwayFrom: { concepts: ["0,0"], force: 1 } }, [3, 6]],
      [{ concepts: ["2,4"], moveAwayFrom: { concepts: ["0,0"], force: 2 } }, [4, 8]],
      [{ concepts: ["2,4"], moveTo: { objects: ["north"], force: 1 } }, [1, 3]],
      // The concepts' mean counts as one vector beside those of the objects.
      [
        { concepts: ["2,4"], moveTo: { concepts: ["0,0", "0,2"], objects: ["west"], force: 1 } },
        [0.75, 2.25],
      ],
      [
        {
          concepts: ["2,4"],
          moveTo: { concepts: ["0,0"], force: 1 },
          moveAwayFrom: { concepts: ["1,0"], force: 1 },
        },
        [1, 3],
      ],
      [{ concepts: ["2,4"], moveTo: { concepts: ["0,0"], force: 0 } }, [2, 4]],
    ];
    for (const [nearText, [x = 0, y = 0]] of cases) {
      const found = await query(collection, { nearText } as SearchParams);
      expect(found[0]).toBeCloseTo(x, 4);
      expect(found[1]).toBeCloseTo(y, 4);
    }
    expect(literal.asked[4]).toEqual(["2,4", "0,0", "4,0"]);
  });

  test("takes only what is within a distance or a certainty, from an offset", async () => {
    const collection = await collectionOf("cosine");
    const ids = async (params: SearchParams) =>
      (await collection.search({ nearText: { concepts: ["1,0"] }, ...params })).rows.map(
        ({ id }) => id,
      );
    expect(await ids({})).toEqual(IDS);
    expect(await ids({ distance: 0.3 })).toEqual(["east", "northeast"]);
    expect(await ids({ distance: 1.01 })).toEqual(["east", "northeast", "north"]);
    expect(await ids({ certainty: 0.84 })).toEqual(["east", "northeast"]);
    expect(await ids({ certainty: 0.49 })).toEqual(["east", "northeast", "north"]);
    expect(await ids({ distance: 1.01, offset: 1, limit: 1 })).toEqual(["northeast"]);
    expect(await ids({ distance: -1 })).toEqual([]);
    const embedding = { nearText: undefined, embedding: [0, 1], mode: "vector" } as SearchParams;
    expect(await ids({ ...embedding, distance: 0.3 })).toEqual(["north", "northeast"]);
  });

  test("refuses what it cannot do", async () => {
    const collection = await collectionOf("l2");
    const nearText = { concepts: ["1,0"] };
    const cases: [SearchParams, string][] = [
      [{ nearText: { concepts: [] } }, "nearText.concepts must be a list"],
      [
        { nearText: { ...nearText, moveTo: { force: 1.5 } } },
        "moveTo.force must be a number from 0 to 1",
      ],
      [
        { nearText: { ...nearText, moveAwayFrom: { force: -1 } } },
        "moveAwayFrom.force must be a number from 0",
      ],
      [{ nearText, embedding: [1, 0], mode: "vector" }, "each give a vector; give one of them"],
      [{ nearText, certainty: 0.5 }, "certainty is for the space cosine"],
      [{ nearText, text: "x", distance: 1 }, 'need mode "vector"'],
      [{ nearText, distance: 1, certainty: 1 }, "give one of them"],
      [
        { nearText: { ...nearText, moveTo: { objects: ["none"], force: 1 } } },
        "nearText moves by the object",
      ],
    ];
    for (const [params, message] of cases) {
      await expect(collection.search(params)).rejects.toThrow(message);
    }
    const cosine = await collectionOf("cosine");
    await expect(cosine.search({ nearText, certainty: 2 })).rejects.toThrow("from 0 to 1");
  });

  test("a reranker reads a property, empty where there is no text", async () => {
    const collection = await collectionOf("cosine");
    const asked: unknown[] = [];
    const reranker: Reranker = {
      name: "by length",
      async rerank(query, documents) {
        asked.push([query, documents]);
        const ranked = documents.map((document, index) => ({ index, score: document.length }));
        return ranked.sort((a, b) => b.score - a.score || a.index - b.index);
      },
    };
    const search = { nearText: { concepts: ["1,0"] }, include: [] };
    const rerank = { reranker, property: "title", query: "q" };
    const { rows } = await collection.search({ ...search, rerank });
    expect(asked).toEqual([["q", ["E", "NE", "", ""]]]);
    expect(rows.map(({ id, score }) => [id, score])).toEqual([
      ["northeast", 2],
      ["east", 1],
      ["north", 0],
      ["west", 0],
    ]);
    const first = rows.map(({ firstScore = NaN }) => firstScore);
    for (const [i, score] of [Math.SQRT1_2, 1, 0, -1].entries())
      expect(first[i]).toBeCloseTo(score, 5);
    expect(rows[0]).not.toHaveProperty("metadata");
    const { rows: none } = await collection.search({ ...search, rerank, where: { title: "none" } });
    expect(none).toEqual([]);
    expect(asked).toHaveLength(1);
    await expect(
      collection.search({ ...search, rerank: { reranker, property: "" } }),
    ).rejects.toThrow("rerank.property must be a metadata key");
  });
});
