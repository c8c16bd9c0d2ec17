import type { Client } from "../../js/src/client.js";
import type { Collection } from "../../js/src/collection.js";
import type { EmbeddingFunction, Space } from "../../js/src/types.js";
import { assert, assertEqual } from "./contract.js";

/** One call of a recorded session, and what a Chroma server answered. */
export interface Step {
  op: string;
  // biome-ignore lint/suspicious/noExplicitAny: recorded arguments, wrong ones among them
  args: any;
  /** null: nothing to compare. */
  // biome-ignore lint/suspicious/noExplicitAny: recorded answers of any shape
  result?: any;
  error?: { name: string; message: string };
}

/**
 * A session of fixtures/providers. With a space it is a trace: calls of one collection, which is
 * made first. Else it makes its collections itself.
 */
export interface Recording {
  space?: Space;
  steps: Step[];
}

/** pagevec's client, or chromadb's with the same calls. */
export type ReplayClient = Pick<
  Client,
  | "createCollection"
  | "getCollection"
  | "getOrCreateCollection"
  | "deleteCollection"
  | "listCollections"
  | "countCollections"
>;

/** [characters, words, letters a]: the function that the sessions were recorded with. */
export function toyVector(text: string): number[] {
  const words = text.split(" ").filter((word) => word !== "").length;
  return [text.length, words, text.split("a").length - 1];
}

const toy: EmbeddingFunction = { generate: async (texts) => texts.map(toyVector) };
const otherToy: EmbeddingFunction = { ...toy, name: "other" };

/** What Chroma calls a failure, in our codes. */
export function codeOf({ name, message }: { name: string; message: string }): string {
  if (name === "ChromaUniqueError" || message.includes("UNIQUE constraint"))
    return "already_exists";
  if (name === "ChromaNotFoundError") return "not_found";
  if (message.includes("duplicates")) return "duplicate_id";
  if (message.includes("with dimension of") || message.includes("Inconsistent dimensions")) {
    return "dimension_mismatch";
  }
  if (message.includes("Non-finite")) return "not_finite";
  return "invalid_argument";
}

/** A short name for a step, for test titles. */
export function titleOf({ op, args }: Step, index: number): string {
  return `${index} ${op} ${JSON.stringify(args).slice(0, 80)}`;
}

/** Runs a recording step by step: run() throws where an answer is not the recorded one. */
export class Replay {
  private collection: Collection | undefined;
  private firstName = "";
  private readonly bySpace = new Map<Space, Collection>();

  /** @param codeOfError the code of what the client throws. */
  constructor(
    private readonly client: ReplayClient,
    private readonly recording: Recording,
    private readonly codeOfError = (error: unknown) => (error as { code?: unknown }).code,
  ) {}

  /** Steps depend on those before. */
  async run(step: Step): Promise<void> {
    const { space } = this.recording;
    if (space) this.collection ??= await this.create("trace", space);
    let answer: unknown;
    try {
      answer = await this.call(step);
    } catch (error) {
      if (!step.error) throw error;
      assertEqual(this.codeOfError(error), codeOf(step.error), `${step.op}: ${error}`);
      return;
    }
    assert(!step.error, `${step.op}: expected a failure: ${step.error?.message}`);
    if (step.result !== null) assertStep(step, answer);
  }

  private async call({ op, args }: Step): Promise<unknown> {
    const { client } = this;
    switch (op) {
      case "createCollection":
        this.collection = await client.createCollection({
          name: args.name,
          embeddingFunction: toy,
          metadata: { k: "v" },
        });
        this.firstName = args.name;
        return { metadata: this.collection.metadata, configuration: this.collection.configuration };
      case "createCollection duplicate":
      case "createCollection short name":
      case "createCollection bad name":
        return client.createCollection({ name: args.name, embeddingFunction: null });
      case "createCollection space":
        return this.createWithVectors(args.name, args.space);
      case "getCollection missing":
        return client.getCollection({ name: args.name, embeddingFunction: null });
      case "get old name":
        return client.getCollection({ name: this.firstName, embeddingFunction: null });
      case "query cosine":
      case "query ip":
        return this.bySpace.get(op.slice("query ".length) as Space)?.query(args);
      case "l2 check":
        await this.createWithVectors(`${this.firstName}_l2`, "l2", storedVectors(args.stored));
        return this.bySpace.get("l2")?.query({ queryEmbeddings: [args.query] });
      case "getOrCreate existing":
        return client.getOrCreateCollection({
          ...args,
          embeddingFunction: toy,
          metadata: { o: 1 },
        });
      case "get with other ef":
        return (await client.getCollection({ ...args, embeddingFunction: otherToy })).name;
      case "listCollections":
        // Chroma's server lists them in no order.
        return (await client.listCollections()).map(({ name }) => name).sort();
      case "countCollections":
        return client.countCollections();
      case "deleteCollection":
      case "deleteCollection missing":
        return client.deleteCollection(args);
      default:
        return this.callCollection(op, args);
    }
  }

  // biome-ignore lint/suspicious/noExplicitAny: as in Step
  private callCollection(op: string, args: any): unknown {
    const { collection } = this;
    assert(collection, `${op}: there is no collection yet`);
    switch (op) {
      case "add":
      case "upsert":
      case "update":
      case "delete":
      case "query":
      case "peek":
      case "modify":
        return collection[op](args);
      case "count":
        return collection.count();
      case "get":
        return collection.get(withoutUris(args));
      case "get where":
      case "get whereDocument":
        return collection.get({ ...args, include: [] });
      case "after modify":
        return { name: collection.name, metadata: collection.metadata };
      case "default configuration":
        return this.client
          .getCollection({ name: collection.name, embeddingFunction: null })
          .then(({ configuration, metadata }) => ({ configuration, metadata }));
      default:
        throw new Error(`the replay has no step ${op}`);
    }
  }

  private create(name: string, space: Space): Promise<Collection> {
    return this.client.createCollection({
      name,
      embeddingFunction: null,
      configuration: { hnsw: { space } },
    });
  }

  private async createWithVectors(
    name: string,
    space: Space,
    vectors: Record<string, number[]> = SPACE_VECTORS,
  ) {
    const collection = await this.create(name, space);
    this.bySpace.set(space, collection);
    await collection.add({ ids: Object.keys(vectors), embeddings: Object.values(vectors) });
    return { configuration: collection.configuration };
  }
}

/** What the collections of "createCollection space" hold. */
const SPACE_VECTORS = { a: [1, 0, 0], b: [0.5, 0.5, 0], c: [2, 0, 0], z: [0, 0, 0] };

/** "a [1,0,0], b [0.5,0.5,0]" as an object. */
function storedVectors(text: string): Record<string, number[]> {
  const entries = [...text.matchAll(/(\w+) (\[[^\]]*\])/g)];
  return Object.fromEntries(entries.map(([, id, vector]) => [id, JSON.parse(vector as string)]));
}

/** pagevec has no uris. */
function withoutUris(args: { include?: string[] }) {
  const { include, ...others } = args;
  if (!include) return others;
  return { ...others, include: include.filter((item) => item !== "uris") as [] };
}

/** Of a configuration: what pagevec has too. */
const HNSW_KEYS = ["space", "ef_construction", "ef_search", "max_neighbors"] as const;

function assertStep({ op, result }: Step, answer: unknown): void {
  const got = answer as Record<string, unknown>;
  const expected = result.configuration_json ?? result.configuration;
  if (expected) {
    const { hnsw, embedding_function } = got.configuration as Collection["configuration"];
    for (const key of HNSW_KEYS) assertEqual(hnsw[key], expected.hnsw[key], `${op}: ${key}`);
    if (expected.embedding_function) {
      const shown = embedding_function ?? { type: "legacy" };
      assertEqual(shown, expected.embedding_function, `${op}: embedding_function`);
    }
    if (result.metadata) assertEqual(got.metadata, result.metadata, `${op}: metadata`);
  } else if (Array.isArray(result) || typeof result !== "object") {
    assertEqual(answer, result, op);
  } else {
    assertAnswer(op, got, result);
  }
}

/** The recorded columns of an answer; ours has more besides, and no uris. */
function assertAnswer(
  op: string,
  got: Record<string, unknown>,
  expected: Record<string, unknown>,
): void {
  for (const [column, value] of Object.entries(expected)) {
    if (column === "uris") continue;
    if (column === "include") {
      const items = (value as string[]).filter((item) => item !== "uris");
      assertEqual(got.include, items, `${op}: include`);
    } else if (column === "distances" || column === "embeddings") {
      assertClose(got[column], value, `${op}: ${column}`);
    } else {
      assertEqual(got[column], value, `${op}: ${column}`);
    }
  }
}

/** Nested lists of numbers, as equal as recordings tell, which are rounded to six digits. */
export function assertClose(got: unknown, expected: unknown, what: string, tolerance = 2e-5): void {
  if (typeof expected === "number") {
    const limit = tolerance * Math.max(1, Math.abs(expected));
    assert(Math.abs((got as number) - expected) <= limit, `${what}: ${got} is not ${expected}`);
    return;
  }
  const list = Array.from(got as ArrayLike<unknown>);
  const wanted = expected as unknown[];
  assertEqual(list.length, wanted.length, `${what}: how many`);
  for (const [i, item] of wanted.entries()) assertClose(list[i], item, what, tolerance);
}
