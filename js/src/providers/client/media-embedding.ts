import { PagevecError } from "../../errors.js";
import type { MessagePart } from "../../types/generator.js";
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
  DEFAULT_BATCH,
  description,
  type EmbeddingOptions,
  type EmbeddingWire,
  embedInputs,
  type InputWire,
  type RemoteEmbeddingFunction,
  type Side,
} from "./embedding.js";
import type { HttpClient, WireRequest } from "./http.js";
import type { Provider } from "./provider.js";
import type { EmbeddingAnswer } from "./vectors.js";

/** Files in a request: few enough for what servers take as a body. */
const FILES = 16;

export type MediaKind = keyof MediaInputs;

/** In this order inputs are sent, and services answer. */
export const MEDIA_KINDS: readonly MediaKind[] = [
  "texts",
  "images",
  "audio",
  "video",
  "imu",
  "thermal",
  "depth",
];

/** One input; a text's source is the text. */
export interface MediaItem {
  kind: MediaKind;
  source: Media;
  /** Where it stands among those of its kind. */
  index: number;
  /** The same for messages. */
  place: string;
}

/** Texts and files to vectors over one service: what differs from the others. */
export interface MediaWire<O extends EmbeddingOptions>
  extends Omit<EmbeddingWire<O>, "request" | "read"> {
  /** What the model takes. */
  kinds: readonly MediaKind[];
  /** Most files a request; with 1, a file and a text never share one. Default 16. */
  files?: number;
  /** Which inputs share a request, where that is not for their number to say. */
  split?: (items: MediaItem[]) => MediaItem[][];
  request: (items: MediaItem[], side: Side) => WireRequest | Promise<WireRequest>;
  /** Vectors in the order of the inputs, whose kinds are given. */
  read: (answer: unknown, kinds: MediaKind[]) => EmbeddingAnswer;
}

export interface RemoteMediaFunction extends RemoteEmbeddingFunction {
  embedMedia: MediaEmbeddingFunction["embedMedia"];
}

/** The same where an input may be texts and files as they follow each other. */
export interface MixedWire<O extends EmbeddingOptions>
  extends Omit<MediaWire<O>, "request" | "read"> {
  request: (inputs: MediaItem[][], side: Side) => Promise<WireRequest>;
  read: (answer: unknown, count: number) => EmbeddingAnswer;
}

export interface MixedMediaFunction extends RemoteMediaFunction {
  /** A vector for each list of texts and images, which are read as they follow each other. */
  embedInputs(inputs: MessagePart[][], options?: CallOptions): Promise<number[][]>;
}

/** See remoteMedia(). */
export function remoteMixedMedia<O extends EmbeddingOptions>(
  client: HttpClient,
  wire: MixedWire<O>,
): MixedMediaFunction {
  const { options, files = FILES } = wire;
  const count = Math.min(options.batchSize ?? files, files);
  const lists: InputWire<MediaItem[]> = {
    options,
    split: (inputs) => splitBatches(inputs, { count }, () => 0),
    tokensOf: (items) => items.reduce((sum, item) => sum + itemTokens(item), 0),
    request: (inputs) => wire.request(inputs, "document"),
    read: (answer, { length }) => wire.read(answer, length),
  };
  const alone = remoteMedia(client, {
    ...wire,
    request: (items, side) =>
      wire.request(
        items.map((item) => [item]),
        side,
      ),
    read: (answer, { length }) => wire.read(answer, length),
  });
  return {
    ...alone,
    async embedInputs(inputs, call = {}) {
      const items = inputs.map((parts, i) => parts.map((part) => partItem(part, i)));
      return embedInputs(client, lists, items, call);
    },
  };
}

function partItem(part: MessagePart, index: number): MediaItem {
  const place = `inputs[${index}]`;
  return part.type === "text"
    ? { kind: "texts", source: part.text, index, place }
    : { kind: "images", source: part.image, index, place };
}

/** See HttpClient.post() for what its calls throw, and encodeMedia() for what is no file. */
export function remoteMedia<O extends EmbeddingOptions>(
  client: HttpClient,
  wire: MediaWire<O>,
): RemoteMediaFunction {
  const embed = async (inputs: MediaInputs, side: Side, call: CallOptions = {}) => {
    checkKinds(client, wire.kinds, inputs);
    const given = MEDIA_KINDS.filter((kind) => inputs[kind]);
    const items = given.flatMap((kind) => itemsOf(kind, inputs[kind] ?? []));
    const requests = wire.split?.(items) ?? splitItems(client.provider, wire, items);
    const vectors = await embedInputs(client, itemWire(wire, requests, side), items, call);
    return byKind(given, requests.flat(), vectors);
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

/** Neighbours that share a request. It has room for so many texts; a file takes a file's share of it. */
function splitItems<O extends EmbeddingOptions>(
  { embeds }: Provider,
  { options, files = FILES }: MediaWire<O>,
  items: readonly MediaItem[],
): MediaItem[][] {
  const texts = options.batchSize ?? embeds?.texts ?? DEFAULT_BATCH;
  const perToken = texts / (embeds?.tokens ?? Number.POSITIVE_INFINITY);
  const room = (item: MediaItem) =>
    item.kind === "texts" ? 1 + itemTokens(item) * perToken : texts / Math.min(files, texts);
  return splitBatches(items, { tokens: texts }, room);
}

function itemWire<O extends EmbeddingOptions>(
  { options, request, read }: MediaWire<O>,
  requests: MediaItem[][],
  side: Side,
): InputWire<MediaItem> {
  return {
    options,
    split: () => requests,
    tokensOf: itemTokens,
    request: (items) => request(items, side),
    read: (answer, items) => {
      const kinds = items.map(({ kind }) => kind);
      return read(answer, kinds);
    },
  };
}

/** What a file costs is not known. */
function itemTokens({ kind, source }: MediaItem): number {
  return kind === "texts" ? estimateTokens(source as string) : 0;
}

function itemsOf(kind: MediaKind, sources: readonly Media[]): MediaItem[] {
  return sources.map((source, index) => ({ kind, source, index, place: `${kind}[${index}]` }));
}

/** @throws unsupported, invalid_argument */
function checkKinds(
  { provider }: HttpClient,
  kinds: readonly MediaKind[],
  inputs: MediaInputs,
): void {
  const wrong = Object.entries(inputs).find(
    ([kind, list]) => list?.length && !kinds.includes(kind as MediaKind),
  );
  if (wrong) {
    throw new PagevecError(
      "unsupported",
      `${provider.name} was given ${wrong[0]}, which its model does not take; it takes ${kinds.join(", ")}`,
    );
  }
  checkTexts(provider, inputs.texts ?? []);
}

function byKind(
  given: readonly MediaKind[],
  items: readonly MediaItem[],
  vectors: number[][],
): MediaVectors {
  const lists = given.map((kind) => [kind, vectors.filter((_, i) => items[i]?.kind === kind)]);
  return Object.fromEntries(lists);
}
