import type { ModelSpec } from "../models/manifest.js";
import type { DenseLayer } from "./dense.js";

/** What an encoder must know of its model. */
export interface EncoderSpec extends Pick<ModelSpec, "dimensions" | "pooling" | "normalize"> {
  layers?: readonly DenseLayer[];
}

/** A model that turns token ids into vectors. Calls do not overlap. */
export interface Encoder {
  /** About how many tokens are well run together. A longer text is a pack of its own. */
  readonly packTokens: number;
  /**
   * A pack of texts. A text's vector is the same to the bit whatever texts it is packed with.
   * @param ids of the texts, one text after another, special tokens included.
   * @param lengths how many ids are each text's.
   * @param leftOut at the beginning of each text, so many tokens count for the others' attention but
   *   not for the mean. Default 0; of what the own engine runs always.
   * @returns one vector a text, one after another.
   */
  encode(ids: Int32Array, lengths: Uint32Array, leftOut?: number): Promise<Float32Array>;
  close(): Promise<void>;
}
