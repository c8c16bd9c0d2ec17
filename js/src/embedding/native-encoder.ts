import type { EncoderHandle } from "../engine/module.js";
import { unwrap } from "../engine/outcome.js";
import type { Encoder } from "./encoder.js";

/** The core's own forward pass. */
export class NativeEncoder implements Encoder {
  /** The core passes 256 tokens at a time, so fuller packs would gain little; a query waits for one. */
  readonly packTokens = 512;

  /** Owns the handle. */
  constructor(private readonly handle: EncoderHandle) {}

  async encode(ids: Int32Array, lengths: Uint32Array): Promise<Float32Array> {
    return unwrap(this.handle.encode(ids, lengths));
  }

  async close(): Promise<void> {
    this.handle.delete();
  }
}
