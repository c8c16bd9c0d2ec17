import type { EncoderHandle } from "../engine/module.js";
import { unwrap } from "../engine/outcome.js";
import type { Encoder } from "./encoder.js";

/**
 * The core's own forward pass. One text a call: texts are never padded, so batches would gain
 * little, and a query waits for one text only.
 */
export class NativeEncoder implements Encoder {
  private readonly lengths = new Uint32Array(1);

  /** Owns the handle. */
  constructor(private readonly handle: EncoderHandle) {}

  async encode(ids: Int32Array, out: Float32Array): Promise<void> {
    this.lengths[0] = ids.length;
    out.set(unwrap(this.handle.encode(ids, this.lengths)));
  }

  async close(): Promise<void> {
    this.handle.delete();
  }
}
