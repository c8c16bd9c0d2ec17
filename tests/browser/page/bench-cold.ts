import { env, InferenceSession, Tensor } from "onnxruntime-web/wasm";
import { miniLM } from "pagevec";
import { openOnnx, openTokens } from "./bench-onnx.js";
import { watchMemories } from "./memories.js";

interface ColdBench {
  system: "pagevec" | "onnxruntime-web-q8";
  modelUrl: string;
}

const TEXT = "what will the weather be tomorrow";
/** TEXT as the model's tokenizer has it. */
const IDS = [101, 2054, 2097, 1996, 4633, 2022, 4826, 102];

/** Milliseconds from nothing to the first vector. ONNX Runtime gets its ids for nothing. */
export async function benchColdStart({ system, modelUrl }: ColdBench): Promise<number> {
  const begin = performance.now();
  if (system === "pagevec") {
    const model = miniLM({ modelUrl, engine: "native" });
    await model.generateForQueries([TEXT]);
  } else {
    env.wasm.numThreads = 1;
    const weights = await (await fetch(`${modelUrl}onnx/model_quantized.onnx`)).arrayBuffer();
    const session = await InferenceSession.create(new Uint8Array(weights));
    const tensor = (values: number[]) =>
      new Tensor("int64", BigInt64Array.from(values, BigInt), [1, IDS.length]);
    await session.run({
      input_ids: tensor(IDS),
      attention_mask: tensor(IDS.map(() => 1)),
      token_type_ids: tensor(IDS.map(() => 0)),
    });
  }
  return performance.now() - begin;
}

/** Bytes of all wasm memories of this page: they only ever grow. */
export async function benchMemory({ system, modelUrl, texts }: ColdBench & { texts: string[] }) {
  const bytes = watchMemories();
  if (system === "pagevec") {
    const model = miniLM({ modelUrl, engine: "native", worker: false });
    await model.generateForQueries([TEXT]);
    const loaded = bytes();
    await model.generate(texts);
    return { loaded, peak: bytes() };
  }
  const onnx = await openTokens(modelUrl, 32, openOnnx(`${modelUrl}onnx/model_quantized.onnx`));
  await onnx.run([TEXT]);
  const loaded = bytes();
  await onnx.run(texts);
  return { loaded, peak: bytes() };
}
