import type { ModelSpec } from "../models/manifest.js";

/** What an encoder must know of its model. */
export type EncoderSpec = Pick<ModelSpec, "dimensions" | "pooling" | "normalize">;

/** A model that turns token ids into vectors. Calls do not overlap. */
export interface Encoder {
  /** About how many tokens are well run together. A longer text is a pack of its own. */
  readonly packTokens: number;
  /**
   * A pack of texts. A text's vector is the same to the bit whatever texts it is packed with.
   * @param ids of the texts, one text after another, special tokens included.
   * @param lengths how many ids are each text's.
   * @returns one vector a text, one after another.
   */
  encode(ids: Int32Array, lengths: Uint32Array): Promise<Float32Array>;
  close(): Promise<void>;
}
