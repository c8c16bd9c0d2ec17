/** The page that the browser suites drive: the public package, and the contract suites, on window. */
import * as pagevec from "pagevec";
import type { DoctorOptions } from "pagevec/doctor";
import { LocalEmbedder } from "../../../js/dist/embedding/local-embedder.js";
import { NativeEncoder } from "../../../js/dist/embedding/native-encoder.js";
import { openOnnxEncoder } from "../../../js/dist/embedding/onnx/session.js";
import { CoreTokenizer } from "../../../js/dist/engine/core-tokenizer.js";
import { loadCore } from "../../../js/dist/engine/load.js";
import { unwrap } from "../../../js/dist/engine/outcome.js";
import { unpackStrings } from "../../../js/dist/engine/packed-strings.js";
import { openModelCache } from "../../../js/dist/models/cache.js";
import { findModel } from "../../../js/dist/models/manifest.js";
import { IndexedDbStore } from "../../../js/dist/storage/indexeddb.js";
import { EVERYTHING } from "../../../js/dist/types/capabilities.js";
import { type Recording, Replay, titleOf } from "../../contract/collection-replay.js";
import { assert, type ContractCase } from "../../contract/contract.js";
import { type EncoderContext, encoderContract } from "../../contract/encoder.js";
import { type HostileContext, hostileContract } from "../../contract/hostile.js";
import { type MemoryContext, memoryContract } from "../../contract/memory.js";
import { type ModelStoreContext, modelStoreContract } from "../../contract/model-store.js";
import { type StoreContext, storeContract } from "../../contract/store.js";
import {
  type StoredDatabaseContext,
  storedDatabaseContract,
} from "../../contract/stored-database.js";
import {
  assertSameOutcome,
  type Outcome,
  runSameCalls,
  SAME_CALLS,
} from "../../servers/same-calls.js";
import { benchColdStart, benchMemory } from "./bench-cold.js";
import { benchEmbed, benchVectors } from "./bench-embed.js";
import { benchFilter } from "./bench-filter.js";
import { benchKeyword } from "./bench-keyword.js";
import * as benchSearch from "./bench-search.js";
import { benchStorage } from "./bench-storage.js";
import { embedAll } from "./bench-vectors.js";
import * as providers from "./providers.js";
import * as soak from "./soak.js";
import { runWeaviateRules } from "./weaviate-rules.js";

const stores: StoreContext = {
  open: (name) => IndexedDbStore.open(name),
  persistent: true,
  shared: true,
};

const models: ModelStoreContext = {
  async openCache() {
    const cache = await openModelCache();
    assert(cache, "this page has no Cache API");
    return cache;
  },
};

let hostileClient: Promise<pagevec.Client> | undefined;
const hostile: HostileContext = {
  client: () => {
    hostileClient ??= pagevec.Client.open({ name: "hostile" });
    return hostileClient as ReturnType<HostileContext["client"]>;
  },
};

const memory: MemoryContext = {
  open: (name, size) => {
    const wasmUrl = size === "small" ? "/small-memory/" : undefined;
    return pagevec.Client.open({ name, wasmUrl }) as ReturnType<MemoryContext["open"]>;
  },
};

const storedDatabase: StoredDatabaseContext = {
  fixture: async () => (await fetch("/stored/v1.json")).json(),
  open: (name) => pagevec.Client.open({ name }) as ReturnType<StoredDatabaseContext["open"]>,
};

const MODEL = "all-MiniLM-L6-v2";

async function modelFile(path: string, model = MODEL): Promise<Uint8Array> {
  return new Uint8Array(await (await fetch(`/models/${model}/${path}`)).arrayBuffer());
}

function nativeEncoder(variant: "simd128" | "relaxed"): EncoderContext {
  return {
    async open() {
      const core = await loadCore({ variant });
      return new NativeEncoder(unwrap(core.createEncoder(await modelFile(`${MODEL}.pvm`))));
    },
  };
}

const onnxEncoder: EncoderContext = {
  open: async () => openOnnxEncoder(await modelFile("onnx/model_quantized.onnx"), findModel(MODEL)),
};

let sameCalls: Promise<Record<"indexeddb" | "memory", Outcome[]>> | undefined;

/** What two stores answer to the same calls, which all are made with the first. */
async function outcomesOf() {
  const run = async (storage: "indexeddb" | "memory") => {
    const client = await pagevec.Client.open({ name: "same calls", storage });
    const outcomes = await runSameCalls(
      client as unknown as Parameters<typeof runSameCalls>[0],
      "same",
    );
    await client.close();
    return outcomes;
  };
  return { indexeddb: await run("indexeddb"), memory: await run("memory") };
}

const callsInIndexedDb = SAME_CALLS.map(({ name }, i) => ({
  name,
  run: async () => {
    sameCalls ??= outcomesOf();
    const { indexeddb, memory } = await sameCalls;
    assertSameOutcome(indexeddb[i] as Outcome, memory[i] as Outcome, EVERYTHING);
  },
}));

const suites: Record<string, { name: string; run(): Promise<void> }[]> = {
  "IndexedDB store": bind(storeContract, () => stores),
  "files store in a worker": inWorker("files"),
  "shared store in a worker": [
    ...inWorker("shared"),
    {
      name: "a writer that has much to recover is waited for",
      run: () => runInWorker("recovery", ""),
    },
  ],
  "the same calls in IndexedDB": callsInIndexedDb,
  "hostile input": bind(hostileContract, () => hostile),
  "a memory that is full": bind(memoryContract, () => memory),
  "the database of another version": bind(storedDatabaseContract, () => storedDatabase),
  "model store on the Cache API": bind(modelStoreContract, () => models),
  "native encoder, simd128": bind(encoderContract, () => nativeEncoder("simd128")),
  "native encoder, relaxed": bind(encoderContract, () => nativeEncoder("relaxed")),
  "onnx encoder": bind(encoderContract, () => onnxEncoder),
};

function bind<C>(cases: readonly ContractCase<C>[], context: () => C) {
  return cases.map(({ name, run }) => ({ name, run: () => run(context()) }));
}

/** The store contract, each case in a worker of its own. */
function inWorker(store: string) {
  return storeContract.map(({ name }) => ({ name, run: () => runInWorker(store, name) }));
}

const CASE_LIMIT_MS = 60_000;

function runInWorker(store: string, name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL("./store-worker.ts", import.meta.url), { type: "module" });
    const late = () => reject(new Error(`nothing came of it in ${CASE_LIMIT_MS} ms`));
    const timer = setTimeout(late, CASE_LIMIT_MS);
    worker.onerror = (event) => reject(new Error(event.message));
    worker.onmessage = ({ data }) => {
      clearTimeout(timer);
      worker.terminate();
      if (data === null) resolve();
      else reject(new Error(data));
    };
    worker.postMessage({ store, name });
  });
}

function contractNames(): Record<string, string[]> {
  return Object.fromEntries(
    Object.entries(suites).map(([suite, cases]) => [suite, cases.map(({ name }) => name)]),
  );
}

async function runContract(suite: string, name: string): Promise<void> {
  const found = suites[suite]?.find((candidate) => candidate.name === name);
  assert(found, `there is no contract case "${suite}: ${name}"`);
  await found.run();
}

async function coreVariant(variant?: "simd128" | "relaxed"): Promise<string> {
  return (await loadCore(variant ? { variant } : {})).variant();
}

/** texts and the answer are JSON, so that lone surrogates arrive as they are. */
async function tokenize({ modelUrl, texts }: { modelUrl: string; texts: string }): Promise<string> {
  const tokenizer = await pagevec.loadTokenizer("all-MiniLM-L6-v2", { modelUrl, maxTokens: 0 });
  const encodings = (JSON.parse(texts) as string[]).map((text) => tokenizer.encode(text));
  tokenizer.close();
  return JSON.stringify(encodings);
}

/** model: base64 of a .model file. texts and the answer are JSON, as above. */
async function tokenizeWithSentencePiece(args: {
  model: string;
  mapping: pagevec.IdMapping;
  texts: string;
}): Promise<string> {
  const sentencepiece = Uint8Array.from(atob(args.model), (c) => c.charCodeAt(0));
  const tokenizer = await pagevec.loadTokenizer({ sentencepiece, mapping: args.mapping });
  const encodings = (JSON.parse(args.texts) as string[]).map((text) => tokenizer.encode(text));
  tokenizer.close();
  return JSON.stringify(encodings);
}

/** Runs a recorded session to its end, as each step needs those before; says what failed. */
async function replayRecording({ name, recording }: { name: string; recording: Recording }) {
  const client = await pagevec.Client.open({ name: `replay ${name}` });
  const replay = new Replay(client, recording);
  const results: { title: string; failure: string | null }[] = [];
  for (const [i, step] of recording.steps.entries()) {
    const failure = await replay.run(step).then(() => null, String);
    results.push({ title: titleOf(step, i), failure });
  }
  await client.reset();
  await client.close();
  return results;
}

/** Every text's vector twice: in one call, and each in a call of its own. */
async function embedTexts(args: { options: pagevec.MiniLMOptions; texts: string[] }) {
  const { options, texts } = args;
  const model = pagevec.miniLM({ ...options, onTruncate: () => {} });
  const batch = await model.generate(texts);
  const alone: number[] = [];
  // A sixth of the texts: each costs a run of its own, and the rule is the same for all.
  for (const [row, text] of texts.entries()) {
    const single = row % 6 === 0 ? (await model.generate([text]))[0] : batch[row];
    alone.push(...(single as Float32Array));
  }
  await model.close();
  return { batch: batch.flatMap((vector) => [...vector]), alone };
}

/** As embedTexts, with the .pvm file of any model of the manifest; also which texts were cut. */
async function embedWithFile(args: {
  model: string;
  variant: "simd128" | "relaxed";
  texts: string[];
}) {
  const { dimensions, maxTokens } = findModel(args.model);
  const core = await loadCore({ variant: args.variant });
  const file = await modelFile(`${args.model}.pvm`, args.model);
  const handle = unwrap(core.createEncoder(file));
  const tokenizer = new CoreTokenizer(unwrap(handle.createTokenizer()));
  const embedder = new LocalEmbedder(tokenizer, new NativeEncoder(handle), dimensions, maxTokens);
  const context = { signal: new AbortController().signal, progress: () => {} };
  const embed = (texts: string[]) => embedder.embed(texts, "bulk", context);
  const { vectors, truncated } = await embed(args.texts);
  const alone: number[] = [];
  for (const [row, text] of args.texts.entries()) {
    const own = vectors.subarray(row * dimensions, (row + 1) * dimensions);
    alone.push(...(row % 6 === 0 ? (await embed([text])).vectors : own));
  }
  await embedder.close();
  return { batch: [...vectors], alone, truncated };
}

/** Blocks as base64. What a collection answers that was stored by another build. */
async function replayGolden(
  variant: "simd128" | "relaxed",
  { parts, journal }: { parts: string[]; journal: string[] },
) {
  const core = await loadCore({ variant });
  const bytes = (text: string) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const reader = core.createSnapshotReader(true);
  for (const part of parts) unwrap(reader.feed(bytes(part)));
  const collection = unwrap(reader.finish());
  for (const record of journal) unwrap(collection.apply(bytes(record)));
  const dimension = collection.dimension();
  const query = new Float32Array(dimension).fill(0.25);
  const hits = unwrap(collection.query(query, dimension, 10, 0, null, null, null, null, 0));
  return {
    count: collection.count(),
    lastSequence: collection.lastSequence(),
    nearest: unpackStrings(hits.records.ids),
  };
}

interface RecallArgs {
  /** Where the real vectors are: a client of this origin and its collection. */
  client: string;
  collection: string;
  /** Real texts that are not in the collection: the queries. */
  texts: string[];
  modelUrl: string;
}

/** recall@10 of HNSW at efSearch 64 against the flat index over the same real vectors, by space. */
async function measureRecall({ client, collection, texts, modelUrl }: RecallArgs) {
  const model = pagevec.miniLM({ modelUrl });
  const queryEmbeddings = await model.generate(texts);
  await model.close();
  const kept = await pagevec.Client.open({ name: client });
  const source = await kept.getCollection({ name: collection });
  const { ids, embeddings } = await source.get({ include: ["embeddings"] });
  const memory = await pagevec.Client.open({ name: "recall", storage: "memory" });
  const recalls: Record<string, number> = {};
  for (const space of ["l2", "ip", "cosine"] as const) {
    const answers: string[][][] = [];
    for (const index of ["flat", "hnsw"] as const) {
      const made = await memory.createCollection({
        name: `${space}-${index}`,
        configuration: {
          hnsw: { space, ef_search: 64 },
          index,
          quantization: index === "flat" ? "none" : "int8",
        },
      });
      await made.add({ ids, embeddings });
      while ((await made.getIndexingStatus()).numUnindexedOps > 0 && index === "hnsw") {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      answers.push((await made.query({ queryEmbeddings, nResults: 10, include: [] })).ids);
    }
    const [exact, approximate] = answers as [string[][], string[][]];
    const found = exact.map((list, q) => list.filter((id) => approximate[q]?.includes(id)).length);
    recalls[space] = found.reduce((sum, hits) => sum + hits, 0) / (10 * texts.length);
  }
  await memory.close();
  await kept.close();
  return { rows: ids.length, recalls };
}

/** Tried while the page loads: what the debugging protocol runs is exempt from the policy. */
const evalFailure = (() => {
  try {
    return `eval gave ${new Function("return 1")()}`;
  } catch (error) {
    return (error as Error).name;
  }
})();

Object.assign(window, {
  benchColdStart,
  benchEmbed,
  benchKeyword,
  benchMemory,
  benchFilter,
  ...benchSearch,
  benchStorage,
  ...soak,
  ...providers,
  benchVectors,
  embedAll,
  evalFailure,
  measureRecall,
  replayGolden,
  replayRecording,
  // React and the element: only their suite needs them.
  doctor: async (options: DoctorOptions) => (await import("pagevec/doctor")).doctor(options),
  loadWidgets: async () => Object.assign(window, await import("./widgets.js")),
  pagevec,
  suites,
  contractNames,
  runContract,
  runWeaviateRules,
  coreVariant,
  tokenize,
  tokenizeWithSentencePiece,
  embedTexts,
  embedWithFile,
});
