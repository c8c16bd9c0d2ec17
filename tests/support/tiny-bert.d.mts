export interface TinyBertOptions {
  seed?: number;
  pooling?: "mean" | "cls";
  normalize?: boolean;
  maxTokens?: number;
  /** The longest text, in tokens, that the weights have a place for. */
  positions?: number;
  prompts?: Record<string, string>;
}

export interface TinyBert {
  /** path -> content, in the layout of Sentence Transformers. */
  files: Record<string, string | Uint8Array>;
  words: readonly string[];
  dimensions: number;
  positions: number;
  vectorOf(text: string, length?: number): number[];
  wordVectorOf(text: string, length?: number, first?: number): number[];
  onnx(): Uint8Array;
}

export function makeTinyBert(options?: TinyBertOptions): TinyBert;
export function cosine(
  a: ArrayLike<number> & Iterable<number>,
  b: ArrayLike<number> & Iterable<number>,
): number;

/** A small cross-encoder with one label. */
export function makeTinyCrossEncoder(options?: { seed?: number; maxTokens?: number }): {
  files: Record<string, string | Uint8Array>;
  /** The logit of a pair that is not longer than the model takes. */
  logitOf(query: string, document: string): number;
};

/** The model.safetensors of a Dense module: linear.weight, and linear.bias if there are any. */
export function denseSafetensors(
  dtype: string,
  shape: readonly number[],
  weights: Uint8Array,
  biases?: Uint8Array,
): Uint8Array<ArrayBuffer>;
