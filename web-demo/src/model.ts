import {
  type CallOptions,
  type EmbeddingFunction,
  type LocalEmbeddingFunction,
  miniLM,
  PagevecError,
  type Space,
  type TokenCounter,
} from "pagevec";

export const MODEL_NAME = "all-MiniLM-L6-v2";
/** Of its one file; the download's own report takes its place. */
export const MODEL_BYTES = 23_265_408;

export interface ModelState {
  /** "absent": not on this machine; "starting": here, being loaded into memory. */
  phase: "unknown" | "absent" | "downloading" | "starting" | "ready";
  /** Whether it is on this machine for the next visit. */
  cached: boolean;
  /** Bytes. */
  received: number;
  total: number;
}

/** A query's vector, and the milliseconds that its parts took. */
export interface EmbeddedQuery {
  vector: Float32Array;
  tokenize: number;
  embed: number;
}

/** The page's model. Nothing is downloaded before somebody calls load(), generate() or embed(). */
export class Model implements EmbeddingFunction {
  readonly name: string;
  private readonly model: LocalEmbeddingFunction;
  private readonly listeners = new Set<() => void>();
  private loading: Promise<void> | undefined;
  private controller = new AbortController();
  private current: ModelState = {
    phase: "unknown",
    cached: false,
    received: 0,
    total: MODEL_BYTES,
  };

  constructor() {
    const modelUrl = new URL(`models/${MODEL_NAME}/`, document.baseURI).href;
    this.model = miniLM({ modelUrl });
    this.name = this.model.name;
  }

  get state(): Readonly<ModelState> {
    return this.current;
  }

  get ready(): boolean {
    return this.current.phase === "ready";
  }

  /** Calls the listener after each change of the state. Returns a function that ends it. */
  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Starts the model if it is on this machine already; else leaves it where it is. */
  async open(): Promise<void> {
    if (await this.model.isCached().catch(() => false)) {
      this.update({ phase: "starting" });
      await this.load();
    } else if (this.current.phase === "unknown") this.update({ phase: "absent" });
  }

  /** Downloads the model, if need be, and starts it. Callers share one download. */
  load(): Promise<void> {
    this.loading ??= this.start().finally(() => {
      this.loading = undefined;
    });
    return this.loading;
  }

  /** Stops a download; what has arrived is kept for the next one. */
  cancel(): void {
    this.controller.abort();
  }

  /** Removes the model from this machine. What is in memory works until the page is left. */
  async remove(): Promise<void> {
    await this.model.clear();
    this.update({ cached: false });
  }

  async generate(texts: string[], options: CallOptions = {}): Promise<Float32Array[]> {
    await this.loadFor(options.signal);
    return this.model.generate(texts, options);
  }

  async generateForQueries(texts: string[], options: CallOptions = {}): Promise<Float32Array[]> {
    await this.loadFor(options.signal);
    return this.model.generateForQueries(texts, options);
  }

  /** A query's vector with the times that the tokenizer and the model took. */
  async embed(text: string, options: CallOptions = {}): Promise<EmbeddedQuery> {
    const began = performance.now();
    const [vector] = await this.generateForQueries([text], options);
    // Read at once: the times of the indexing that goes on will take their place.
    const { tokenize } = this.model.lastTimings;
    if (!vector) throw new Error("the model returned no vector");
    return { vector, tokenize, embed: performance.now() - began - tokenize };
  }

  /** By which collections cut documents. */
  tokenizer(options: CallOptions = {}): Promise<TokenCounter> | undefined {
    return this.model.tokenizer(options);
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

  private async start(): Promise<void> {
    if (this.ready) return;
    this.controller = new AbortController();
    if (this.current.phase !== "starting") this.update({ phase: "downloading", received: 0 });
    try {
      await this.model.load({
        signal: this.controller.signal,
        onProgress: ({ stage, done, total, bytes }) => {
          if (stage !== "download" || this.current.phase === "starting") return;
          const received = bytes ?? done;
          this.update({ phase: received < total ? "downloading" : "starting", received, total });
        },
      });
      // Where there was no room for it, it is in memory only.
      const cached = await this.model.isCached().catch(() => false);
      this.update({ phase: "ready", cached });
    } catch (error) {
      this.update({ phase: "absent" });
      throw error;
    }
  }

  /** Waits for the model; a caller that gives up stops the download. */
  private async loadFor(signal: AbortSignal | undefined): Promise<void> {
    if (this.ready) return;
    if (signal?.aborted) throw new PagevecError("aborted", "the call was stopped");
    const stop = () => this.cancel();
    signal?.addEventListener("abort", stop);
    await this.load().finally(() => signal?.removeEventListener("abort", stop));
  }

  private update(change: Partial<ModelState>): void {
    this.current = { ...this.current, ...change };
    for (const listener of this.listeners) listener();
  }
}
