import { env, InferenceSession, Tensor } from "onnxruntime-web/wasm";
import { type LocalEmbeddingFunction, loadTokenizer, miniLM } from "pagevec";

interface EmbedBench {
  texts: string[];
  /** One text a call, as queries come, or all in one call. */
  oneByOne: boolean;
  rounds: number;
  modelUrl: string;
}

const BATCH = 32;

/**
 * Milliseconds of each round over all texts, by candidate; they take turns, one thread each:
 * miniLM() on its own engine in both SIMD variants and on ONNX Runtime Web in both precisions, and
 * ONNX Runtime Web int8 by itself in sorted batches ("batched").
 */
export async function benchEmbed({ texts, oneByOne, rounds, modelUrl }: EmbedBench) {
  env.wasm.numThreads = 1;
  const models: Record<string, LocalEmbeddingFunction> = {
    relaxed: miniLM({ modelUrl, engine: "native", variant: "relaxed" }),
    simd128: miniLM({ modelUrl, engine: "native", variant: "simd128" }),
    int8: miniLM({ modelUrl, dtype: "int8" }),
    fp32: miniLM({ modelUrl, dtype: "fp32" }),
  };
  const batched = await openBatched(modelUrl, "onnx/model_quantized.onnx", oneByOne ? 1 : BATCH);
  const candidates: Record<string, () => Promise<unknown>> = { batched: () => batched.run(texts) };
  for (const [name, model] of Object.entries(models)) {
    candidates[name] = async () => {
      if (!oneByOne) return model.generate(texts);
      for (const text of texts) await model.generateForQueries([text]);
    };
  }
  const times: Record<string, number[]> = {};
  for (const run of Object.values(candidates)) await run();
  for (let round = 0; round < rounds; ++round) {
    for (const [name, run] of Object.entries(candidates)) {
      const begin = performance.now();
      await run();
      times[name] = [...(times[name] ?? []), performance.now() - begin];
    }
  }
  for (const model of Object.values(models)) await model.close();
  await batched.close();
  return times;
}

/** The usual way: texts sorted by length, padded batches. Pooling is left out, in its favour. */
async function openBatched(modelUrl: string, file: string, batch: number) {
  const tokenizer = await loadTokenizer("all-MiniLM-L6-v2", { modelUrl });
  const weights = await (await fetch(modelUrl + file)).arrayBuffer();
  const session = await InferenceSession.create(new Uint8Array(weights));
  return {
    async run(texts: string[]) {
      const encoded = texts.map((text) => tokenizer.encode(text).ids);
      encoded.sort((a, b) => a.length - b.length);
      for (let at = 0; at < encoded.length; at += batch) {
        await session.run(padded(encoded.slice(at, at + batch)));
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
