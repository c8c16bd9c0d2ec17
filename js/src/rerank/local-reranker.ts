import type { HubSource } from "../embedding/hub/record.js";
import { Restartable, type Started } from "../embedding/restartable.js";
import { type OnTruncate, TruncationNotice } from "../embedding/truncation.js";
import { type EngineOptions, engineOptionsOf, openEngine } from "../engine/open.js";
import type { Engine } from "../engine/protocol.js";
import { PagevecError, throwIfAborted } from "../errors.js";
import { placeUrls } from "../models/store.js";
import type { RankedDocument, Reranker, RerankOptions } from "../types/reranker.js";
import type { CallOptions } from "../types.js";
import type { RerankMethods } from "./service.js";

export interface LocalRerankerOptions extends EngineOptions {
  /** Branch, tag or commit of the repository. Default "main". */
  revision?: string;
  /** Folder, or folders tried in order, in the hub's layout instead of the hub; or a .pvm file. */
  modelUrl?: string | URL | readonly (string | URL)[];
  /**
   * Told after a call which documents were cut because query and document together are longer than
   * the model takes. Default: one console.warn per reranker.
   */
  onTruncate?: OnTruncate;
  /** Told what went wrong without stopping the call, e.g. no room in the cache. Default: console.warn. */
  onWarning?: (message: string) => void;
}

/** A reranker whose model runs in the page. */
export interface LocalReranker extends Reranker {
  /** Scores are the model's logits. */
  rerank(
    query: string,
    documents: readonly string[],
    options?: RerankOptions,
  ): Promise<RankedDocument[]>;
  /** Downloads, converts and starts the model now rather than at the first query. */
  load(options?: CallOptions): Promise<void>;
  /** Whether load() works without the network. */
  isCached(): Promise<boolean>;
  /** Removes the model's files from the browser's cache. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

/** The hub's models run on pagevec's own engine only. */
const CHOICE = { engine: "native", device: "wasm", dtype: "fp32" } as const;
const DEFAULT_MODEL = "cross-encoder/ms-marco-MiniLM-L-6-v2";

/**
 * A cross-encoder of Sentence Transformers by its name on the Hugging Face hub, on pagevec's own
 * engine: BertForSequenceClassification with one label and a WordPiece vocabulary. Its weights (91 MB
 * for the default) are converted in the page once and kept. Nothing is loaded before the first call.
 *
 * What may come of the first call, beside what downloads throw: unsupported for other architectures
 * and tokenizers, corrupt for files that are damaged.
 */
export function localReranker(
  name: string = DEFAULT_MODEL,
  options: LocalRerankerOptions = {},
): LocalReranker {
  return new CrossEncoderReranker(name, options);
}

/** An engine with one cross-encoder in it. */
class RerankWorker implements Started {
  constructor(
    readonly engine: Engine<RerankMethods>,
    readonly handle: number,
    readonly maxTokens: number,
  ) {}

  get alive(): boolean {
    return this.engine.alive;
  }

  async close(): Promise<void> {
    // An engine that has failed has nothing left to free.
    await this.engine.call("reranker.close", { handle: this.handle }).catch(() => undefined);
    await this.engine.close();
  }
}

class CrossEncoderReranker implements LocalReranker {
  private readonly source: HubSource;
  private readonly worker: Restartable<RerankWorker>;
  private readonly truncation: TruncationNotice;

  constructor(
    readonly name: string,
    private readonly options: LocalRerankerOptions,
  ) {
    const { revision = "main", modelUrl } = options;
    this.source = {
      repository: name,
      revision,
      task: "rerank",
      modelUrl: placeUrls(modelUrl),
    };
    this.worker = new Restartable(`the reranker ${name}`, (call) => this.start(call));
    this.truncation = new TruncationNotice(options.onTruncate);
  }

  async rerank(
    query: string,
    documents: readonly string[],
    options: RerankOptions = {},
  ): Promise<RankedDocument[]> {
    const { limit = documents.length } = options;
    if (!Number.isInteger(limit) || limit < 0) {
      throw new PagevecError("invalid_argument", `limit is ${limit}; it must be an integer from 0`);
    }
    const { engine, handle, maxTokens } = await this.worker.open(options);
    const params = { handle, query, documents };
    const { scores, truncated } = await engine.call("reranker.score", params, options);
    this.truncation.tell(truncated, documents, `${maxTokens} tokens with their query`);
    const ranking = Array.from(scores, (score, index) => ({ index, score }));
    return ranking.sort((a, b) => b.score - a.score).slice(0, limit);
  }

  async load(options?: CallOptions): Promise<void> {
    await this.worker.open(options);
  }

  async isCached(): Promise<boolean> {
    const { isHubModelCached } = await import("../embedding/hub/resolve.js");
    return isHubModelCached(this.source, CHOICE);
  }

  async clear(): Promise<void> {
    const { clearHubModel } = await import("../embedding/hub/resolve.js");
    await clearHubModel(this.source);
  }

  close(): Promise<void> {
    return this.worker.close();
  }

  private async start(call: CallOptions): Promise<RerankWorker> {
    const { onWarning = console.warn } = this.options;
    const options = engineOptionsOf(this.options);
    const { resolveHubModel } = await import("../embedding/hub/resolve.js");
    const found = await resolveHubModel(this.source, CHOICE, options, call, onWarning);
    const engine = await openEngine<RerankMethods>(options);
    try {
      const { spec, files } = found;
      const handle = await engine.call("reranker.open", { spec, file: files?.[0] }, call);
      throwIfAborted(call.signal);
      return new RerankWorker(engine, handle, spec.maxTokens);
    } catch (error) {
      await engine.close();
      throw error;
    }
  }
}
