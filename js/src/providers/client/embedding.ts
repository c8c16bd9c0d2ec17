import type { CallOptions, EmbeddingFunction, Space } from "../../types.js";
import { estimateTokens, runParts, splitBatches } from "./batches.js";
import { type ConfigKeys, toConfig, validateUpdate } from "./config.js";
import type { HttpClient, WireRequest } from "./http.js";
import { invalid } from "./keys.js";
import type { Provider, ProviderOptions } from "./provider.js";
import { checkVectors, type EmbeddingAnswer } from "./vectors.js";

/** Texts a request where the service has no limit: calls shall tell their progress, and end in time. */
export const DEFAULT_BATCH = 256;

/** Which of the two a text is: some models embed them differently. */
export type Side = "document" | "query";

/**
 * What a request says its texts are for: what the caller chose, else what the side has. Who chooses what
 * documents have anyway, as Chroma's configurations do, leaves queries theirs.
 */
export function taskOf<T>(sides: Record<Side, T>, side: Side, chosen: T | undefined): T {
  return chosen === undefined || chosen === sides.document ? sides[side] : chosen;
}

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
  return {
    ...description(client.provider, wire),
    generate: (texts, call = {}) => embed(client, wire, texts, "document", call),
    generateForQueries: (texts, call = {}) => embed(client, wire, texts, "query", call),
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

async function embed<O extends EmbeddingOptions>(
  client: HttpClient,
  { options, request, read }: EmbeddingWire<O>,
  texts: string[],
  side: Side,
  call: CallOptions,
): Promise<number[][]> {
  const { provider } = client;
  checkTexts(provider, texts);
  const { texts: count = DEFAULT_BATCH, tokens } = provider.embeds ?? {};
  const limits = { count: options.batchSize ?? count, tokens };
  const wire: InputWire<string> = {
    options,
    split: (all) => splitBatches(all, limits, estimateTokens),
    tokensOf: estimateTokens,
    request: (batch) => request(batch, side),
    read: (answer, batch) => read(answer, batch.length),
  };
  return embedInputs(client, wire, texts, call);
}

/** @throws invalid_argument */
export function checkTexts(provider: Provider, texts: readonly unknown[]): void {
  const wrong = texts.findIndex((text) => typeof text !== "string");
  if (wrong !== -1) throw invalid(provider, `was given a text ${wrong} that is no string`);
}

/** Inputs of any kind to vectors over one service. */
export interface InputWire<T> {
  options: EmbeddingOptions;
  /** Neighbours that go into one request. */
  split: (inputs: readonly T[]) => T[][];
  /** An estimate. */
  tokensOf: (input: T) => number;
  /** How many vectors an input gets. Default: one. */
  vectorsOf?: (input: T) => number;
  request: (inputs: T[]) => WireRequest | Promise<WireRequest>;
  read: (answer: unknown, inputs: T[]) => EmbeddingAnswer;
}

/** Splits, sends, checks and joins; the vectors in the order of the inputs. */
export async function embedInputs<T>(
  client: HttpClient,
  wire: InputWire<T>,
  inputs: readonly T[],
  call: CallOptions,
): Promise<number[][]> {
  const { provider } = client;
  const { options, tokensOf, vectorsOf = () => 1 } = wire;
  let done = 0;
  const send = async (batch: T[], inner: CallOptions) => {
    const request = await wire.request(batch);
    const answer = await client.post({ ...request, tokens: sum(batch, tokensOf) }, inner);
    const { vectors, inputTokens } = wire.read(answer, batch);
    const checked = checkVectors(provider, vectors, sum(batch, vectorsOf), options.dimensions);
    if (inputTokens !== undefined) options.onUsage?.({ input: inputTokens });
    done += batch.length;
    call.onProgress?.({ stage: "embed", done, total: inputs.length });
    return checked;
  };
  const parts = await runParts(wire.split(inputs), options.maxConcurrency ?? 4, call, send);
  // Batches are checked alone; that they fit each other is left.
  const vectors = parts.flat();
  return checkVectors(provider, vectors, sum(inputs, vectorsOf), vectors[0]?.length);
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
