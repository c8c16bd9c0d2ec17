import type { CallOptions, EmbeddingFunction, Space } from "../../types.js";
import { estimateTokens, runParts, splitBatches } from "./batches.js";
import { type ConfigKeys, toConfig, validateUpdate } from "./config.js";
import type { HttpClient, WireRequest } from "./http.js";
import { invalid } from "./keys.js";
import type { ProviderOptions } from "./provider.js";
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
  request: (texts: string[], side: Side) => WireRequest;
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
  const { options, config, spaces = ["cosine", "l2", "ip"] } = wire;
  const name = wire.name ?? client.provider.name;
  return {
    name,
    generate: (texts, call = {}) => embed(client, wire, texts, "document", call),
    generateForQueries: (texts, call = {}) => embed(client, wire, texts, "query", call),
    defaultSpace: () => spaces[0] as Space,
    supportedSpaces: () => [...spaces],
    getConfig: () => toConfig(config, options, client.provider),
    validateConfigUpdate: (update) =>
      validateUpdate(name, toConfig(config, options, client.provider), update),
  };
}

async function embed<O extends EmbeddingOptions>(
  client: HttpClient,
  { options, request, read }: EmbeddingWire<O>,
  texts: string[],
  side: Side,
  call: CallOptions,
): Promise<number[][]> {
  const { provider } = client;
  const wrong = texts.findIndex((text) => typeof text !== "string");
  if (wrong !== -1) throw invalid(provider, `was given a text ${wrong} that is no string`);
  const { embeds } = provider;
  const limits = { count: options.batchSize ?? embeds?.texts, tokens: embeds?.tokens };
  const batches = splitBatches(texts, limits, estimateTokens);
  let done = 0;
  const parts = await runParts(batches, options.maxConcurrency ?? 4, call, async (batch, inner) => {
    const tokens = batch.reduce((sum, text) => sum + estimateTokens(text), 0);
    const answer = await client.post({ ...request(batch, side), tokens }, inner);
    const { vectors, inputTokens } = read(answer, batch.length);
    const checked = checkVectors(provider, vectors, batch.length, options.dimensions);
    if (inputTokens !== undefined) options.onUsage?.({ input: inputTokens });
    done += batch.length;
    call.onProgress?.({ stage: "embed", done, total: texts.length });
    return checked;
  });
  // Batches are checked alone; that they fit each other is left.
  const vectors = parts.flat();
  return checkVectors(provider, vectors, texts.length, vectors[0]?.length);
}
