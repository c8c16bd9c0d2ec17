import type { CallOptions, EmbeddingFunction, LocalEmbeddingFunction, Space } from "pagevec";

/** The model, noting how much of the last query's time the tokenizer took. */
export class TimedModel implements EmbeddingFunction {
  readonly name: string;
  /** Milliseconds. */
  queryTokenize = 0;

  constructor(private readonly model: LocalEmbeddingFunction) {
    this.name = model.name;
  }

  generate(texts: string[], options?: CallOptions): Promise<Float32Array[]> {
    return this.model.generate(texts, options);
  }

  async generateForQueries(texts: string[], options?: CallOptions): Promise<Float32Array[]> {
    const vectors = await this.model.generateForQueries(texts, options);
    // Read at once: the times of the indexing that goes on will take their place.
    this.queryTokenize = this.model.lastTimings.tokenize;
    return vectors;
  }

  defaultSpace(): Space {
    return this.model.defaultSpace();
  }

  supportedSpaces(): Space[] {
    return this.model.supportedSpaces();
  }

  getConfig(): Record<string, unknown> {
    return this.model.getConfig();
  }

  /** Starts the model now rather than at the first query. */
  load(options?: CallOptions): Promise<void> {
    return this.model.load(options);
  }

  /** Whether the model is on this machine. */
  isCached(): Promise<boolean> {
    return this.model.isCached();
  }
}
