import { type EngineOptions, openEngine } from "../engine/open.js";
import type { Engine } from "../engine/protocol.js";
import { throwIfAborted } from "../errors.js";
import type { CallOptions } from "../types.js";
import type { EmbedResult, Priority } from "./local-embedder.js";
import type { ModelParams } from "./open-model.js";
import type { EmbeddingMethods, OpenedModel } from "./service.js";

/** What embeds: one worker, or a pool of them. */
export interface EmbedBackend {
  readonly model: OpenedModel;
  /** False when it has failed for good, or was closed. */
  readonly alive: boolean;
  /** Settles when all of it has started and its files are in the cache; it embeds before, too. */
  readonly ready?: Promise<unknown>;
  embed(
    texts: readonly string[],
    priority: Priority,
    options: CallOptions | undefined,
  ): Promise<EmbedResult>;
  close(): Promise<void>;
}

/** An engine of its own (a worker, unless it runs in place) with one model in it. */
export class ModelWorker implements EmbedBackend {
  readonly ready: Promise<void>;

  private constructor(
    private readonly engine: Engine<EmbeddingMethods>,
    readonly model: OpenedModel,
    warn: (message: string) => void,
  ) {
    for (const warning of model.warnings) warn(warning);
    this.ready = engine.call("model.kept", { handle: model.handle }).then(
      (warnings) => warnings.forEach(warn),
      () => {}, // it ended before
    );
  }

  /** @param warn told what went wrong without stopping it, also later. */
  static async open(
    options: EngineOptions,
    params: ModelParams,
    warn: (message: string) => void,
    call: CallOptions = {},
  ): Promise<ModelWorker> {
    const engine = await openEngine<EmbeddingMethods>(options);
    try {
      const model = await engine.call("model.open", params, call);
      // Aborted at the last moment: nobody waits for this model any more.
      if (call.signal?.aborted) await engine.call("model.close", { handle: model.handle });
      throwIfAborted(call.signal);
      return new ModelWorker(engine, model, warn);
    } catch (error) {
      await engine.close();
      throw error;
    }
  }

  get alive(): boolean {
    return this.engine.alive;
  }

  embed(
    texts: readonly string[],
    priority: Priority,
    options: CallOptions | undefined,
  ): Promise<EmbedResult> {
    const { handle } = this.model;
    return this.engine.call("model.embed", { handle, texts, priority }, options);
  }

  async close(): Promise<void> {
    // An engine that has failed has nothing left to free.
    await this.engine.call("model.close", { handle: this.model.handle }).catch(() => undefined);
    await this.engine.close();
  }
}
