import { env, InferenceSession, Tensor } from "onnxruntime-web/wasm";

/** Runs token ids through a model. */
export interface BatchModel {
  /** @param batch token ids of each text. */
  run(batch: number[][]): Promise<unknown>;
  close(): Promise<unknown>;
}

/** ONNX Runtime Web by itself, one thread. Pooling is left out, in its favour. */
export async function openOnnx(url: string): Promise<BatchModel> {
  env.wasm.numThreads = 1;
  const weights = await (await fetch(url)).arrayBuffer();
  const session = await InferenceSession.create(new Uint8Array(weights));
  return {
    async run(batch) {
      const outputs = await session.run(padded(batch));
      for (const output of Object.values(outputs)) output.dispose();
    },
    close: () => session.release(),
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
