import { type LocalModelOptions, localModel, type MiniLMOptions, miniLM } from "pagevec";
import { openOnnx, openOnnxWorker, openTokens } from "./bench-onnx.js";

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
 * "two-workers"): miniLM() on its own engine in both SIMD variants; ONNX Runtime Web by itself, texts
 * sorted by length in batches; transformers.js. All on this very thread; those called worker, in one of their own.
 */
export async function benchEmbed(bench: EmbedBench): Promise<Record<string, number[]>> {
  const { texts, oneByOne, rounds, modelUrl } = bench;
  const batch = oneByOne ? 1 : BATCH;
  const own = (options: MiniLMOptions) => ownEngine({ modelUrl, ...options }, oneByOne);
  const q8 = `${modelUrl}onnx/model_quantized.onnx`;
  const candidates: Record<string, Candidate> = {
    relaxed: own({ variant: "relaxed", worker: false }),
    simd128: own({ variant: "simd128", worker: false }),
    "onnxruntime-web-q8": await openTokens(modelUrl, batch, openOnnx(q8)),
    "onnxruntime-web-fp32": await openTokens(
      modelUrl,
      batch,
      openOnnx(`${modelUrl}onnx/model.onnx`),
    ),
    "transformers.js-q8": await openTransformers(bench, batch),
    "relaxed.worker": own({ variant: "relaxed" }),
    "simd128.worker": own({ variant: "simd128" }),
    "onnxruntime-web-q8.worker": await openTokens(modelUrl, batch, openOnnxWorker(q8)),
  };
  if (!oneByOne) {
    candidates["two-workers"] = own({ variant: "relaxed", concurrency: 2 });
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

/** The vectors of all texts by a model that is run in these ways, one after another. */
export async function benchVectors({
  model,
  texts,
  options,
}: {
  model: string;
  texts: string[];
  options: Record<string, LocalModelOptions>;
}): Promise<Record<string, number[]>> {
  const vectors: Record<string, number[]> = {};
  for (const [name, given] of Object.entries(options)) {
    const embedding = localModel(model, { ...given, onTruncate: () => {} });
    vectors[name] = (await embedding.generate(texts)).flatMap((vector) => [...vector]);
    await embedding.close();
  }
  return vectors;
}
