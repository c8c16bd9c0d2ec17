import { PagevecError } from "../../errors.js";
import type {
  Media,
  MediaEmbeddingFunction,
  MediaInputs,
  MediaVectors,
} from "../../types/media.js";
import type { CallOptions } from "../../types.js";
import { estimateTokens, splitBatches } from "./batches.js";
import {
  checkTexts,
  description,
  type EmbeddingOptions,
  type EmbeddingWire,
  embedBatches,
  type RemoteEmbeddingFunction,
  type Side,
} from "./embedding.js";
import type { HttpClient, WireRequest } from "./http.js";
import type { Provider } from "./provider.js";
import type { EmbeddingAnswer } from "./vectors.js";

export type MediaKind = keyof MediaInputs;

/** One input: a text, or a file. */
export interface MediaItem {
  kind: MediaKind;
  source: Media;
  /** Where it stood among those of its kind. */
  index: number;
}

/** Texts and files to vectors over one service: what differs from the others. */
export interface MediaWire<O extends EmbeddingOptions>
  extends Pick<EmbeddingWire<O>, "options" | "name" | "config" | "spaces"> {
  /** What the model takes, in the order in which they are sent. */
  kinds: readonly MediaKind[];
  /** Which inputs share a request. Default: neighbours, as many as the service takes texts. */
  batches?: (items: MediaItem[]) => MediaItem[][];
  request: (items: MediaItem[], side: Side) => WireRequest | Promise<WireRequest>;
  /** One vector per item. */
  read: (answer: unknown, items: MediaItem[]) => EmbeddingAnswer;
}

export type RemoteMediaFunction = RemoteEmbeddingFunction & MediaEmbeddingFunction;

/** As remoteEmbedding(); embedMedia() throws unsupported before anything is sent. */
export function remoteMedia<O extends EmbeddingOptions>(
  client: HttpClient,
  wire: MediaWire<O>,
): RemoteMediaFunction {
  const { options } = wire;
  const limits = { count: options.batchSize ?? client.provider.embeds?.texts };
  const { batches = (items) => splitBatches(items, limits, () => 0) } = wire;
  const embed = async (inputs: MediaInputs, side: Side, call: CallOptions = {}) => {
    checkKinds(client.provider, wire, inputs);
    checkTexts(client.provider, inputs.texts ?? []);
    const groups = batches(itemsOf(wire.kinds, inputs));
    const vectors = await embedBatches(client, options, groups, call, {
      request: (items) => wire.request(items, side),
      read: wire.read,
      tokensOf: ({ kind, source }) => (kind === "texts" ? estimateTokens(source as string) : 0),
    });
    return byKind(inputs, groups.flat(), vectors);
  };
  const embedTexts = async (texts: string[], side: Side, call?: CallOptions) =>
    (await embed({ texts }, side, call)).texts ?? [];
  return {
    ...description(client.provider, wire),
    generate: (texts, call) => embedTexts(texts, "document", call),
    generateForQueries: (texts, call) => embedTexts(texts, "query", call),
    embedMedia: (inputs, call) => embed(inputs, "document", call),
  };
}

/** For services that take several texts in a request, but one file. */
export function filesAlone(items: readonly MediaItem[], texts: number): MediaItem[][] {
  const files = items.filter(({ kind }) => kind !== "texts").map((file) => [file]);
  const rest = items.filter(({ kind }) => kind === "texts");
  return [...splitBatches(rest, { count: texts }, () => 0), ...files];
}

function checkKinds<O extends EmbeddingOptions>(
  provider: Provider,
  { kinds, options }: MediaWire<O>,
  inputs: MediaInputs,
): void {
  const wrong = Object.entries(inputs).find(
    ([kind, list]) => list?.length && !kinds.includes(kind as MediaKind),
  );
  if (!wrong) return;
  throw new PagevecError(
    "unsupported",
    `${provider.name}'s ${options.model} was given ${wrong[0]}; it takes ${kinds.join(", ")}`,
  );
}

function itemsOf(kinds: readonly MediaKind[], inputs: MediaInputs): MediaItem[] {
  return kinds.flatMap((kind) =>
    (inputs[kind] ?? []).map((source: Media, index: number) => ({ kind, source, index })),
  );
}

function byKind(
  inputs: MediaInputs,
  items: readonly MediaItem[],
  vectors: readonly number[][],
): MediaVectors {
  const given = Object.entries(inputs).filter(([, list]) => list !== undefined);
  const result: MediaVectors = Object.fromEntries(
    given.map(([kind, list]) => [kind, new Array(list.length)]),
  );
  for (const [i, { kind, index }] of items.entries()) {
    (result[kind] as number[][])[index] = vectors[i] as number[];
  }
  return result;
}
