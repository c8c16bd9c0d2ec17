import type { CallOptions, EmbeddingFunction } from "../types.js";

/**
 * A picture, a sound or a film: a file's bytes, a bitmap, base64, a data: URL, or the http(s)
 * address of a file where the service fetches addresses itself.
 */
export type Media = Blob | ImageBitmap | ArrayBuffer | Uint8Array | string;

/** What a multi-modal model can be given; which of it a model takes is the model's affair. */
export interface MediaInputs {
  texts?: string[];
  images?: Media[];
  audio?: Media[];
  video?: Media[];
  imu?: Media[];
  thermal?: Media[];
  depth?: Media[];
}

/** One vector per input, in its order; all of one length. A kind that was not given is absent. */
export type MediaVectors = { [Kind in keyof MediaInputs]?: number[][] };

/** An embedding function for texts and other media: their vectors can be compared with each other. */
export interface MediaEmbeddingFunction extends EmbeddingFunction {
  /** @throws unsupported for a kind that the model does not take */
  embedMedia(inputs: MediaInputs, options?: CallOptions): Promise<MediaVectors>;
}
