import type { InferenceSession, TypedTensor } from "onnxruntime-web/wasm";
import { PagevecError } from "../../errors.js";
import type { Encoder, EncoderSpec } from "../encoder.js";
import { normalize, pool } from "../pooling.js";

export interface OnnxOptions {
  /** Where ort-wasm-simd-threaded.wasm is: its address, or its folder with a slash at the end. */
  ortWasmUrl?: string | undefined;
  /** More than 1 only takes effect on pages that are crossOriginIsolated. Default 1. */
  threads?: number | undefined;
}

type Runtime = typeof import("onnxruntime-web/wasm");

const WASM_FILE = "ort-wasm-simd-threaded.wasm";

/**
 * Makes an encoder of an ONNX file. ONNX Runtime Web is loaded here and nowhere else, when the
 * first model is. Its settings are global: `options` count for the page's first session only.
 *
 * @throws engine_failed when ONNX Runtime Web is missing or refuses the model.
 */
export async function openOnnxEncoder(
  model: Uint8Array,
  spec: EncoderSpec,
  options: OnnxOptions = {},
): Promise<Encoder> {
  const runtime = await loadRuntime();
  configure(runtime, options);
  const session = await runtime.InferenceSession.create(model, {
    executionProviders: ["wasm"],
    graphOptimizationLevel: "all",
  }).catch((cause) => {
    throw new PagevecError(
      "engine_failed",
      `ONNX Runtime Web cannot open the model (${cause}); if its wasm file was not found, serve ${WASM_FILE} of onnxruntime-web and pass its address as ortWasmUrl`,
      { cause },
    );
  });
  return new OnnxEncoder(runtime, session, spec, hiddenStateName(session));
}

async function loadRuntime(): Promise<Runtime> {
  try {
    return await import("onnxruntime-web/wasm");
  } catch (cause) {
    throw new PagevecError(
      "engine_failed",
      "onnxruntime-web cannot be loaded; install it beside pagevec: npm install onnxruntime-web",
      { cause },
    );
  }
}

function configure({ env }: Runtime, { ortWasmUrl, threads = 1 }: OnnxOptions): void {
  // Without isolation there is no SharedArrayBuffer; asking for threads would only print warnings.
  env.wasm.numThreads = globalThis.crossOriginIsolated ? threads : 1;
  if (ortWasmUrl !== undefined) {
    env.wasm.wasmPaths = { wasm: ortWasmUrl.endsWith("/") ? ortWasmUrl + WASM_FILE : ortWasmUrl };
  }
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
  constructor(
    private readonly runtime: Runtime,
    private readonly session: InferenceSession,
    private readonly spec: EncoderSpec,
    private readonly outputName: string,
  ) {}

  /**
   * One text a run: without padding, and because a quantized model's scales are taken over the
   * whole batch, a text's vector would depend on its batch mates. Batches are not faster either
   * (docs/performance.md).
   */
  async encode(ids: Int32Array, out: Float32Array): Promise<void> {
    const outputs = await this.session.run(this.inputs(ids), [this.outputName]);
    const hidden = outputs[this.outputName];
    const dimensions = hidden?.dims[2];
    if (hidden?.type !== "float32" || dimensions !== out.length) {
      throw new PagevecError(
        "engine_failed",
        `the ONNX model gives ${dimensions} ${hidden?.type} values per token; expected ${out.length} float32 values`,
      );
    }
    pool(hidden.data as Float32Array, ids.length, this.spec.pooling, out);
    hidden.dispose();
    if (this.spec.normalize) normalize(out);
  }

  async close(): Promise<void> {
    await this.session.release();
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
