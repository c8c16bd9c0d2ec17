import { env, InferenceSession, Tensor } from "onnxruntime-web/wasm";
import { loadTokenizer, miniLM } from "pagevec";

interface EmbedBench {
  texts: string[];
  rounds: number;
  modelUrl: string;
}

const FILES = { int8: "onnx/model_quantized.onnx", fp32: "onnx/model.onnx" };
const DTYPES = ["int8", "fp32"] as const;
const BATCH = 32;

/** Milliseconds of each round over all texts, by precision: miniLM() and sorted batches in turns. */
export async function benchEmbed({ texts, rounds, modelUrl }: EmbedBench) {
  const times: Record<string, number[]> = {};
  env.wasm.numThreads = 1;
  for (const dtype of DTYPES) {
    const model = miniLM({ modelUrl, dtype });
    const batched = await openBatched(modelUrl, FILES[dtype]);
    const candidates = {
      [dtype]: () => model.generate(texts),
      [`${dtype}-batched`]: () => batched.run(texts),
    };
    for (const run of Object.values(candidates)) await run();
    for (let round = 0; round < rounds; ++round) {
      for (const [name, run] of Object.entries(candidates)) {
        const begin = performance.now();
        await run();
        times[name] = [...(times[name] ?? []), performance.now() - begin];
      }
    }
    await model.close();
    await batched.close();
  }
  return times;
}

/** The usual way: texts sorted by length, padded batches. Pooling is left out, in its favour. */
async function openBatched(modelUrl: string, file: string) {
  const tokenizer = await loadTokenizer("all-MiniLM-L6-v2", { modelUrl });
  const weights = await (await fetch(modelUrl + file)).arrayBuffer();
  const session = await InferenceSession.create(new Uint8Array(weights));
  return {
    async run(texts: string[]) {
      const encoded = texts.map((text) => tokenizer.encode(text).ids);
      encoded.sort((a, b) => a.length - b.length);
      for (let at = 0; at < encoded.length; at += BATCH) {
        await session.run(padded(encoded.slice(at, at + BATCH)));
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
