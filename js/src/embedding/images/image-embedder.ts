import type { CallContext } from "../../engine/protocol.js";
import { nextTurn } from "../../engine/turns.js";
import { PagevecError, throwIfAborted } from "../../errors.js";
import type { EmbedResult } from "../local-embedder.js";
import type { ImageEncoder } from "../onnx/clip-session.js";
import { squareOf } from "./decode.js";
import type { ImageSource } from "./source.js";

/** Pictures in, vectors out, one after another. Calls may overlap: they take turns. */
export class ImageEmbedder {
  /** The picture that is run last; a failed one does not stop the next. */
  private last: Promise<unknown> = Promise.resolve();
  private closed = false;

  /** Owns the encoder. */
  constructor(
    private readonly encoder: ImageEncoder,
    private readonly dimension: number,
    private readonly size: number,
  ) {}

  /**
   * Reports progress after each picture. `timings.tokenize` is the time of decoding and resizing.
   * @throws aborted between two pictures; what squareOf throws; engine_failed; closed.
   */
  async embed(images: readonly ImageSource[], context: CallContext): Promise<EmbedResult> {
    const { dimension, size } = this;
    const vectors = new Float32Array(images.length * dimension);
    const timings = { tokenize: 0, run: 0 };
    for (const [row, image] of images.entries()) {
      throwIfAborted(context.signal);
      const begin = performance.now();
      const square = await squareOf(image, size, context.signal);
      const decoded = performance.now();
      vectors.set(await this.run(square), row * dimension);
      timings.tokenize += decoded - begin;
      timings.run += performance.now() - decoded;
      context.progress({ stage: "embed", done: row + 1, total: images.length });
      await nextTurn();
    }
    return { vectors, dimension, truncated: [], timings };
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.last.catch(() => undefined);
    await this.encoder.close();
  }

  private run(square: Uint8Array): Promise<Float32Array> {
    const run = async () => {
      if (this.closed) throw new PagevecError("closed", "the embedding model was closed");
      try {
        return await this.encoder.encode(square);
      } catch (cause) {
        if (cause instanceof PagevecError) throw cause;
        throw new PagevecError("engine_failed", `the model failed to run: ${cause}`, { cause });
      }
    };
    const turn = this.last.then(run, run);
    this.last = turn;
    return turn;
  }
}
