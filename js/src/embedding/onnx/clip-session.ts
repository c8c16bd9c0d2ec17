import type { InferenceSession, Tensor } from "onnxruntime-web/wasm";
import { PagevecError } from "../../errors.js";
import type { Encoder } from "../encoder.js";
import { normalize } from "../pooling.js";
import type { Runtime } from "./runtime.js";
import type { RuntimeOptions } from "./runtime-options.js";
import { openSession } from "./session.js";

/** Color values of OpenAI's training images, from 0 to 1 (CLIP, Radford et al. 2021). */
const MEAN = [0.48145466, 0.4578275, 0.40821073] as const;
const DEVIATION = [0.26862954, 0.26130258, 0.27577711] as const;

/** The image tower of a CLIP model. Calls do not overlap. */
export interface ImageEncoder {
  /** @param square size x size x 3 values. @returns a vector of length 1. */
  encode(square: Uint8Array): Promise<Float32Array>;
  close(): Promise<void>;
}

/** @throws engine_failed when ONNX Runtime Web is missing or refuses the model; unsupported. */
export async function openClipText(
  model: Uint8Array,
  dimensions: number,
  options: RuntimeOptions,
): Promise<Encoder> {
  const { runtime, session } = await openSession(model, options);
  const tower = new Tower(session, "text_embeds", dimensions);
  return {
    // One text a run, as in OnnxEncoder. Nothing comes after <|endoftext|>, so nothing is masked.
    packTokens: 1,
    async encode(ids, lengths) {
      const vectors = new Float32Array(lengths.length * dimensions);
      let begin = 0;
      for (const [row, length] of lengths.entries()) {
        const text = ids.subarray(begin, begin + length);
        vectors.set(await tower.run((name) => textInput(runtime, name, text)), row * dimensions);
        begin += length;
      }
      return vectors;
    },
    close: () => session.release(),
  };
}

/** @throws what openClipText throws. */
export async function openClipImage(
  model: Uint8Array,
  dimensions: number,
  size: number,
  options: RuntimeOptions,
): Promise<ImageEncoder> {
  const { runtime, session } = await openSession(model, options);
  const tower = new Tower(session, "image_embeds", dimensions);
  return {
    encode(square) {
      const values = planes(square, size);
      return tower.run((name) => {
        if (name !== "pixel_values") throw unknownInput(name);
        return new runtime.Tensor("float32", values, [1, 3, size, size]);
      });
    },
    close: () => session.release(),
  };
}

function textInput(runtime: Runtime, name: string, ids: Int32Array): Tensor {
  const shape = [1, ids.length];
  if (name === "input_ids") {
    return new runtime.Tensor("int64", BigInt64Array.from(ids, BigInt), shape);
  }
  if (name === "attention_mask") {
    return new runtime.Tensor("int64", new BigInt64Array(ids.length).fill(1n), shape);
  }
  throw unknownInput(name);
}

/** The square as a tower takes it: all red values, all green, all blue; mean 0, deviation 1. */
function planes(square: Uint8Array, size: number): Float32Array {
  const count = size * size;
  const values = new Float32Array(count * 3);
  for (const [channel, mean] of MEAN.entries()) {
    const deviation = DEVIATION[channel] as number;
    for (let i = 0; i < count; i++) {
      values[channel * count + i] = ((square[i * 3 + channel] as number) / 255 - mean) / deviation;
    }
  }
  return values;
}

/** A model that gives one vector a run. */
class Tower {
  constructor(
    private readonly session: InferenceSession,
    private readonly outputName: string,
    private readonly dimensions: number,
  ) {
    if (session.outputNames.includes(outputName)) return;
    throw new PagevecError(
      "engine_failed",
      `the ONNX model has no output ${outputName}; it has ${session.outputNames.join(", ")}`,
    );
  }

  /** The model's vector, scaled to length 1. */
  async run(input: (name: string) => Tensor): Promise<Float32Array> {
    const feeds: Record<string, Tensor> = {};
    for (const name of this.session.inputNames) feeds[name] = input(name);
    const outputs = await this.session.run(feeds, [this.outputName]);
    const output = outputs[this.outputName];
    if (output?.type !== "float32" || output.size !== this.dimensions) {
      throw new PagevecError(
        "engine_failed",
        `the ONNX model gives ${output?.size} ${output?.type} values; expected ${this.dimensions} float32 values`,
      );
    }
    const vector = (output.data as Float32Array).slice();
    output.dispose();
    normalize(vector);
    return vector;
  }
}

function unknownInput(name: string): PagevecError {
  return new PagevecError("engine_failed", `the ONNX model asks for an input ${name}`);
}
