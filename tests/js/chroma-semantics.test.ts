import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "@jest/globals";
import type { Client } from "../../js/src/client.js";
import type { Collection } from "../../js/src/collection.js";
import type { Space } from "../../js/src/types.js";
import { CORES, openTestClient, ToyEmbedding } from "./support/clients.js";

interface Step {
  op: string;
  // biome-ignore lint/suspicious/noExplicitAny: recorded arguments, wrong ones among them
  args: any;
  // biome-ignore lint/suspicious/noExplicitAny: recorded answers of any shape
  result?: any;
  error?: { name: string; message: string };
}

function readSteps(name: string): { space?: Space; steps: Step[] } {
  const url = new URL(`../fixtures/providers/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(url, "utf8"));
}

/** What Chroma calls these failures, in our codes. */
function codeOf({ name, message }: { name: string; message: string }): string {
  if (name === "ChromaUniqueError") return "already_exists";
  if (name === "ChromaNotFoundError") return "not_found";
  if (message.includes("duplicates")) return "duplicate_id";
  if (message.includes("with dimension of")) return "dimension_mismatch";
  return "invalid_argument";
}

/** The recorded columns of an answer; ours has timings and no uris besides. */
function assertAnswer(answer: unknown, expected: Record<string, unknown>): void {
  const got = answer as Record<string, unknown>;
  for (const [column, value] of Object.entries(expected)) {
    if (column === "uris") continue;
    if (column === "include") {
      expect(got.include).toEqual((value as string[]).filter((item) => item !== "uris"));
    } else if (column === "distances" || column === "embeddings") {
      assertClose(got[column], value);
    } else {
      expect([column, got[column]]).toEqual([column, value]);
    }
  }
}

/** Nested lists of numbers, equal to five digits: the records were rounded to six. */
function assertClose(got: unknown, expected: unknown): void {
  if (typeof expected === "number") {
    expect(Math.abs((got as number) - expected)).toBeLessThanOrEqual(
      2e-5 * Math.max(1, Math.abs(expected)),
    );
    return;
  }
  const list = Array.from(got as ArrayLike<unknown>);
  expect(list).toHaveLength((expected as unknown[]).length);
  for (const [i, item] of (expected as unknown[]).entries()) assertClose(list[i], item);
}

/** Replays the session that was recorded against a Chroma server. */
class Replay {
  private readonly toy = new ToyEmbedding();
  private readonly named = new Map<string, Collection>();

  constructor(private readonly client: Client) {}

  private get sem(): Collection {
    return this.named.get("sem") as Collection;
  }

  async run({ op, args }: Step): Promise<unknown> {
    const { client, sem } = this;
    const embeddingFunction = this.toy;
    switch (op) {
      case "createCollection":
        this.named.set(
          "sem",
          await client.createCollection({
            name: args.name,
            embeddingFunction,
            metadata: { k: "v" },
          }),
        );
        return { metadata: this.sem.metadata };
      case "createCollection duplicate":
      case "createCollection short name":
      case "createCollection bad name":
        return client.createCollection({ name: args.name });
      case "createCollection space":
        return this.createWithSpace(args.name, args.space);
      case "getCollection missing":
        return client.getCollection({ name: args.name });
      case "get old name":
        return client.getCollection({ name: "sem" });
      case "query cosine":
        return this.named.get("sem_cos")?.query(args);
      case "query ip":
        return this.named.get("sem_ip")?.query(args);
      case "l2 check":
        await this.createWithSpace("sem_l2", "l2");
        return this.named.get("sem_l2")?.query({ queryEmbeddings: [args.query] });
      case "add":
      case "upsert":
      case "update":
      case "query":
      case "peek":
      case "modify":
        return sem[op](args);
      case "delete":
        return sem.delete(args);
      case "count":
        return sem.count();
      case "get where":
      case "get whereDocument":
        return sem.get({ ...args, include: [] });
      case "get":
        return sem.get({
          ...args,
          ...(args.include
            ? { include: args.include.filter((item: string) => item !== "uris") }
            : {}),
        });
      case "after modify":
        return { name: sem.name, metadata: sem.metadata };
      case "getOrCreate existing": {
        const metadata = { other: 1 };
        return client.getOrCreateCollection({ name: args.name, embeddingFunction, metadata });
      }
      case "get with other ef": {
        const other = new ToyEmbedding("other");
        return (await client.getCollection({ name: args.name, embeddingFunction: other })).name;
      }
      case "listCollections":
        return (await client.listCollections()).map(({ name }) => name);
      case "countCollections":
        return client.countCollections();
      case "default configuration":
        return (await client.getCollection({ name: "sem2" })).configuration;
      case "deleteCollection":
      case "deleteCollection missing":
        return (await client.deleteCollection({ name: args.name })) ?? null;
      default:
        throw new Error(`the test has no step ${op}`);
    }
  }

  private async createWithSpace(name: string, space: Space): Promise<unknown> {
    const collection = await this.client.createCollection({
      name,
      configuration: { hnsw: { space } },
    });
    this.named.set(name, collection);
    const ids = name === "sem_l2" ? ["a", "b", "c"] : ["a", "b", "c", "z"];
    const embeddings = [[1, 0, 0], SECOND[name] ?? [0.5, 0.5, 0], [2, 0, 0], [0, 0, 0]];
    await collection.add({ ids, embeddings: embeddings.slice(0, ids.length) });
    return { configuration: collection.configuration };
  }
}

/** The vector of b, which the recording does not tell for the other two; its distances do. */
const SECOND: Record<string, number[]> = { sem_cos: [0.5, 0.5, 0], sem_ip: [0.5, 0.5, 0] };

describe.each(CORES)("Chroma's semantics on the %s", (_name, load) => {
  const { steps } = readSteps("chroma.semantics");
  let replay: Replay;
  beforeAll(async () => {
    replay = new Replay(await openTestClient({ core: await load() }));
  });

  for (const [i, step] of steps.entries()) {
    const title = `${i} ${step.op} ${JSON.stringify(step.args).slice(0, 80)}`;
    test(title, async () => {
      if (step.error) {
        await expect(replay.run(step)).rejects.toMatchObject({ code: codeOf(step.error) });
      } else {
        assertStep(step, await replay.run(step));
      }
    });
  }
});

function assertStep({ op, result }: Step, answer: unknown): void {
  if (op.startsWith("createCollection")) {
    const { space, ef_construction, ef_search, max_neighbors } = result.configuration.hnsw;
    const hnsw = { space, ef_construction, ef_search, max_neighbors };
    const { configuration } = answer as { configuration?: unknown };
    if (configuration) expect(configuration).toMatchObject({ hnsw });
  } else if (op === "default configuration") {
    const { embedding_function } = result.configuration_json;
    expect(answer).toMatchObject({ hnsw: { space: "l2" }, embedding_function });
  } else if (op === "getOrCreate existing") {
    expect((answer as Collection).metadata).toEqual(result.metadata);
  } else if (Array.isArray(result) || typeof result !== "object" || result === null) {
    expect(answer ?? null).toEqual(result);
  } else {
    assertAnswer(answer, result);
  }
}

describe.each(CORES)("Chroma's random traces on the %s", (_name, load) => {
  test.each(["collection.trace.l2", "collection.trace.cosine"])("%s", async (trace) => {
    const { steps, space = "l2" } = readSteps(trace);
    const client = await openTestClient({ core: await load() });
    const collection = await client.createCollection({
      name: "trace",
      configuration: { hnsw: { space } },
    });
    let compared = 0;
    for (const { op, args, result } of steps) {
      const call = collection[op as "get"] as (params: unknown) => Promise<unknown>;
      const answer = await call.call(collection, args);
      if (op === "count") expect(answer).toBe(result);
      else if (result !== null) assertAnswer(answer, result);
      if (result !== null) ++compared;
    }
    expect(compared).toBeGreaterThan(20);
    await client.close();
  });
});
