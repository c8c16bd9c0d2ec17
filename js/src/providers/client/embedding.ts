import type { CallOptions, EmbeddingFunction, Space } from "../../types.js";
import { estimateTokens, runParts, splitBatches } from "./batches.js";
import { type ConfigKeys, toConfig, validateUpdate } from "./config.js";
import type { HttpClient, WireRequest } from "./http.js";
import { invalid } from "./keys.js";
import type { Provider, ProviderOptions } from "./provider.js";
import { checkVectors, type EmbeddingAnswer } from "./vectors.js";

/** Which of the two a text is: some models embed them differently. */
export type Side = "document" | "query";

/** Options that every embedding function of a provider takes. */
export interface EmbeddingOptions extends ProviderOptions {
  model?: string;
  /** The length of the vectors, for models that offer several; what comes is checked against it. */
  dimensions?: number;
}

/** Texts to vectors over one service: what differs from the others. */
export interface EmbeddingWire<O extends EmbeddingOptions> {
  options: O;
  /** Default: the provider's name. */
  name?: string;
  /** Chroma's names for the options that a collection remembers. */
  config: ConfigKeys<O>;
  spaces?: Space[];
  request: (texts: string[], side: Side) => WireRequest | Promise<WireRequest>;
  read: (answer: unknown, count: number) => EmbeddingAnswer;
}

/** An embedding function that can be made again from what it says of itself. */
export interface RemoteEmbeddingFunction extends EmbeddingFunction {
  readonly name: string;
  generate(texts: string[], options?: CallOptions): Promise<number[][]>;
  generateForQueries(texts: string[], options?: CallOptions): Promise<number[][]>;
  defaultSpace(): Space;
  supportedSpaces(): Space[];
  getConfig(): Record<string, unknown>;
  /** @throws invalid_argument for another model: its vectors could not be compared. As Chroma. */
  validateConfigUpdate(config: Record<string, unknown>): void;
}

/** Splits, sends, checks and joins; see HttpClient.post() for what its calls throw. */
export function remoteEmbedding<O extends EmbeddingOptions>(
  client: HttpClient,
  wire: EmbeddingWire<O>,
): RemoteEmbeddingFunction {
  const { options } = wire;
  const embed = (texts: string[], side: Side, call: CallOptions = {}) => {
    checkTexts(client.provider, texts);
    const { embeds } = client.provider;
    const limits = { count: options.batchSize ?? embeds?.texts, tokens: embeds?.tokens };
    return embedBatches(client, options, splitBatches(texts, limits, estimateTokens), call, {
      request: (batch) => wire.request(batch, side),
      read: (answer, batch) => wire.read(answer, batch.length),
      tokensOf: estimateTokens,
    });
  };
  return {
    ...description(client.provider, wire),
    generate: async (texts, call) => embed(texts, "document", call),
    generateForQueries: async (texts, call) => embed(texts, "query", call),
  };
}

/** What a function says of itself. */
export function description<O extends EmbeddingOptions>(
  provider: Provider,
  wire: Pick<EmbeddingWire<O>, "options" | "name" | "config" | "spaces">,
): Omit<RemoteEmbeddingFunction, "generate" | "generateForQueries"> {
  const { options, config, spaces = ["cosine", "l2", "ip"], name = provider.name } = wire;
  return {
    name,
    defaultSpace: () => spaces[0] as Space,
    supportedSpaces: () => [...spaces],
    getConfig: () => toConfig(config, options, provider),
    validateConfigUpdate: (update) =>
      validateUpdate(name, toConfig(config, options, provider), update),
  };
}

/** @throws invalid_argument */
export function checkTexts(provider: Provider, texts: readonly unknown[]): void {
  const wrong = texts.findIndex((text) => typeof text !== "string");
  if (wrong !== -1) throw invalid(provider, `was given a text ${wrong} that is no string`);
}

/** How one batch of inputs is asked for. */
interface BatchWire<T> {
  request: (batch: T[]) => WireRequest | Promise<WireRequest>;
  read: (answer: unknown, batch: T[]) => EmbeddingAnswer;
  tokensOf: (input: T) => number;
}

/** One vector per input, in order; all of one length. */
export async function embedBatches<T>(
  client: HttpClient,
  options: EmbeddingOptions,
  batches: T[][],
  call: CallOptions,
  wire: BatchWire<T>,
): Promise<number[][]> {
  const { provider } = client;
  const total = batches.reduce((sum, { length }) => sum + length, 0);
  let done = 0;
  const parts = await runParts(batches, options.maxConcurrency ?? 4, call, async (batch, inner) => {
    const tokens = batch.reduce((sum, input) => sum + wire.tokensOf(input), 0);
    const answer = await client.post({ ...(await wire.request(batch)), tokens }, inner);
    const { vectors, inputTokens } = wire.read(answer, batch);
    const checked = checkVectors(provider, vectors, batch.length, options.dimensions);
    if (inputTokens !== undefined) options.onUsage?.({ input: inputTokens });
    done += batch.length;
    call.onProgress?.({ stage: "embed", done, total });
    return checked;
  });
  // Batches are checked alone; that they fit each other is left.
  const vectors = parts.flat();
  return checkVectors(provider, vectors, total, vectors[0]?.length);
}
