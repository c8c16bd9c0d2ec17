import type { ModelSpec } from "../models/manifest.js";

/** What an encoder must know of its model. */
export type EncoderSpec = Pick<ModelSpec, "dimensions" | "pooling" | "normalize">;

/** A model that turns the tokens of one text into its vector. Calls do not overlap. */
export interface Encoder {
  /** @param out receives the vector; its length is the model's dimension. */
  encode(ids: Int32Array, out: Float32Array): Promise<void>;
  close(): Promise<void>;
}
