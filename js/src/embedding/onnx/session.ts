import type { InferenceSession, TypedTensor } from "onnxruntime-web/wasm";
import { PagevecError } from "../../errors.js";
import { applyDense } from "../dense.js";
import type { Encoder, EncoderSpec } from "../encoder.js";

import { normalize, pool } from "../pooling.js";
import { loadRuntime, type Runtime, WASM_FILE } from "./runtime.js";
import type { RuntimeOptions } from "./runtime-options.js";

export { requireWebGpu } from "./runtime-options.js";

/**
 * Makes an encoder of an ONNX file.
 * @throws engine_failed when ONNX Runtime Web is missing or refuses the model; unsupported for
 *   device "webgpu" where there is no WebGPU.
 */
export async function openOnnxEncoder(
  model: Uint8Array,
  spec: EncoderSpec,
  options: RuntimeOptions = {},
): Promise<Encoder> {
  const { runtime, session } = await openSession(model, options);
  return new OnnxEncoder(runtime, session, spec, hiddenStateName(session));
}

/** @throws what openOnnxEncoder throws. */
export async function openSession(model: Uint8Array, options: RuntimeOptions) {
  const runtime = await loadRuntime(options);
  const session = await runtime.InferenceSession.create(model, {
    executionProviders: [options.device ?? "wasm"],
    graphOptimizationLevel: "all",
  }).catch((cause) => {
    throw new PagevecError(
      "engine_failed",
      `ONNX Runtime Web cannot open the model (${cause}); if its wasm file was not found, serve ${WASM_FILE} of onnxruntime-web and pass its address as ortWasmUrl`,
      { cause },
    );
  });
  return { runtime, session };
}

/** Exporters name the output as they like: the first of rank 3 is batch x tokens x dimensions. */
function hiddenStateName(session: InferenceSession): string {
  const { outputNames, outputMetadata } = session;
  if (outputNames.includes("last_hidden_state")) return "last_hidden_state";
  const found = outputMetadata.find((output) => output.isTensor && output.shape.length === 3);
  if (found) return found.name;
  throw new PagevecError(
    "engine_failed",
    `the ONNX model has no output of rank 3 (last_hidden_state); it has ${outputNames.join(", ")}`,
  );
}

class OnnxEncoder implements Encoder {
  /**
   * One text a run: without padding, and because a quantized model's scales are taken over the
   * whole batch, a text's vector would depend on its batch mates. Batches are not faster either
   * (docs/performance.md).
   */
  readonly packTokens = 1;

  constructor(
    private readonly runtime: Runtime,
    private readonly session: InferenceSession,
    private readonly spec: EncoderSpec,
    private readonly outputName: string,
  ) {}

  async encode(ids: Int32Array, lengths: Uint32Array, leftOut = 0): Promise<Float32Array> {
    const { dimensions } = this.spec;
    const vectors = new Float32Array(lengths.length * dimensions);
    let begin = 0;
    for (const [i, length] of lengths.entries()) {
      const out = vectors.subarray(i * dimensions, (i + 1) * dimensions);
      await this.encodeText(ids.subarray(begin, begin + length), leftOut, out);
      begin += length;
    }
    return vectors;
  }

  async close(): Promise<void> {
    await this.session.release();
  }

  private async encodeText(ids: Int32Array, leftOut: number, out: Float32Array): Promise<void> {
    const { pooling, layers = [], normalize: toLength1 } = this.spec;
    const width = layers[0]?.inputs ?? out.length;
    const outputs = await this.session.run(this.inputs(ids), [this.outputName]);
    const hidden = outputs[this.outputName];
    const dimensions = hidden?.dims[2];
    if (hidden?.type !== "float32" || dimensions !== width) {
      throw new PagevecError(
        "engine_failed",
        `the ONNX model gives ${dimensions} ${hidden?.type} values per token; expected ${width} float32 values`,
      );
    }
    const pooled = layers.length === 0 ? out : new Float32Array(width);
    pool(hidden.data as Float32Array, ids.length, pooling, pooled, leftOut);
    hidden.dispose();
    if (layers.length > 0)
      out.set(layers.reduce((vector, layer) => applyDense(layer, vector), pooled));
    if (toLength1) normalize(out);
  }

  private inputs(ids: Int32Array): InferenceSession.FeedsType {
    const { Tensor } = this.runtime;
    const shape = [1, ids.length];
    const values: Record<string, BigInt64Array> = {
      input_ids: BigInt64Array.from(ids, BigInt),
      attention_mask: new BigInt64Array(ids.length).fill(1n),
      token_type_ids: new BigInt64Array(ids.length),
    };
    const feeds: Record<string, TypedTensor<"int64">> = {};
    for (const name of this.session.inputNames) {
      const data = values[name];
      if (!data)
        throw new PagevecError("engine_failed", `the ONNX model asks for an input ${name}`);
      feeds[name] = new Tensor("int64", data, shape);
    }
    return feeds;
  }
}
