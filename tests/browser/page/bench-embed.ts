import { env, InferenceSession, Tensor } from "onnxruntime-web/wasm";
import { type LocalEmbeddingFunction, loadTokenizer, type MiniLMOptions, miniLM } from "pagevec";

interface EmbedBench {
  texts: string[];
  /** One text a call, as queries come, or all in one call. */
  oneByOne: boolean;
  rounds: number;
  modelUrl: string;
  /** Addresses of transformers.js and of its ONNX Runtime. */
  transformers: { script: string; wasmPaths: string };
}

interface Candidate {
  run(texts: string[]): Promise<unknown>;
  close(): Promise<unknown>;
}

const BATCH = 32;
const WARM_UP = 16;

/**
 * Milliseconds of each round over all texts, by candidate; they take turns, one thread each (but
 * "two-workers"): miniLM() on its own engine in both SIMD variants; ONNX Runtime Web by itself, on
 * this very thread, texts sorted by length in batches; transformers.js.
 */
export async function benchEmbed(bench: EmbedBench): Promise<Record<string, number[]>> {
  const { texts, oneByOne, rounds, modelUrl } = bench;
  const batch = oneByOne ? 1 : BATCH;
  const candidates: Record<string, Candidate> = {
    relaxed: ownEngine({ modelUrl, variant: "relaxed" }, oneByOne),
    simd128: ownEngine({ modelUrl, variant: "simd128" }, oneByOne),
    "onnxruntime-web-q8": await openOnnx(modelUrl, "onnx/model_quantized.onnx", batch),
    "onnxruntime-web-fp32": await openOnnx(modelUrl, "onnx/model.onnx", batch),
    "transformers.js-q8": await openTransformers(bench, batch),
  };
  if (!oneByOne) {
    candidates["two-workers"] = ownEngine({ modelUrl, variant: "relaxed", concurrency: 2 }, false);
  }
  const times: Record<string, number[]> = {};
  for (const { run } of Object.values(candidates)) await run(texts.slice(0, WARM_UP));
  for (let round = 0; round < rounds; ++round) {
    for (const [name, { run }] of Object.entries(candidates)) {
      const begin = performance.now();
      await run(texts);
      times[name] = [...(times[name] ?? []), performance.now() - begin];
    }
  }
  for (const { close } of Object.values(candidates)) await close();
  return times;
}

function ownEngine(options: MiniLMOptions, oneByOne: boolean): Candidate {
  const model = miniLM({ engine: "native", ...options });
  return {
    async run(texts) {
      await model.load();
      if (!oneByOne) return model.generate(texts);
      for (const text of texts) await model.generateForQueries([text]);
    },
    close: () => model.close(),
  };
}

/** The usual way: texts sorted by length, padded batches. Pooling is left out, in its favour. */
export async function openOnnx(modelUrl: string, file: string, batch: number): Promise<Candidate> {
  env.wasm.numThreads = 1;
  const tokenizer = await loadTokenizer("all-MiniLM-L6-v2", { modelUrl });
  const weights = await (await fetch(modelUrl + file)).arrayBuffer();
  const session = await InferenceSession.create(new Uint8Array(weights));
  return {
    async run(texts: string[]) {
      const encoded = texts.map((text) => tokenizer.encode(text).ids);
      encoded.sort((a, b) => a.length - b.length);
      for (let at = 0; at < encoded.length; at += batch) {
        const outputs = await session.run(padded(encoded.slice(at, at + batch)));
        for (const output of Object.values(outputs)) output.dispose();
      }
    },
    async close() {
      tokenizer.close();
      await session.release();
    },
  };
}

function padded(batch: number[][]): Record<string, Tensor> {
  const width = Math.max(...batch.map((ids) => ids.length));
  const shape = [batch.length, width];
  const ids = new BigInt64Array(batch.length * width);
  const mask = new BigInt64Array(batch.length * width);
  for (const [row, tokens] of batch.entries()) {
    for (const [i, id] of tokens.entries()) {
      ids[row * width + i] = BigInt(id);
      mask[row * width + i] = 1n;
    }
  }
  return {
    input_ids: new Tensor("int64", ids, shape),
    attention_mask: new Tensor("int64", mask, shape),
    token_type_ids: new Tensor("int64", new BigInt64Array(ids.length), shape),
  };
}

/** As its documentation says; it neither sorts nor cuts at 256 tokens, so passages have just those. */
async function openTransformers(bench: EmbedBench, batch: number): Promise<Candidate> {
  const { script, wasmPaths } = bench.transformers;
  const { env: settings, pipeline } = await import(/* @vite-ignore */ script);
  const folder = new URL(bench.modelUrl, location.href);
  settings.allowRemoteModels = false;
  settings.allowLocalModels = true;
  settings.localModelPath = new URL("..", folder).pathname;
  settings.useBrowserCache = false;
  settings.useWasmCache = false;
  Object.assign(settings.backends.onnx.wasm, { wasmPaths, numThreads: 1 });
  const name = folder.pathname.split("/").at(-2);
  const options = { dtype: "q8", device: "wasm" };
  const extract = await pipeline("feature-extraction", name, options);
  return {
    async run(texts) {
      for (let at = 0; at < texts.length; at += batch) {
        const some = texts.slice(at, at + batch);
        (await extract(some, { pooling: "mean", normalize: true })).dispose();
      }
    },
    close: () => extract.dispose(),
  };
}

/** The vectors of all texts by these models, one after another. */
export async function benchVectors({
  texts,
  options,
}: {
  texts: string[];
  options: Record<string, MiniLMOptions>;
}): Promise<Record<string, number[]>> {
  const vectors: Record<string, number[]> = {};
  for (const [name, given] of Object.entries(options)) {
    const model: LocalEmbeddingFunction = miniLM({ ...given, onTruncate: () => {} });
    vectors[name] = (await model.generate(texts)).flatMap((vector) => [...vector]);
    await model.close();
  }
  return vectors;
}
